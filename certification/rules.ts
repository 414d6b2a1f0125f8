/** The rules of acceptance: what makes a bundle authentic, and what makes it certify. */
import type { Contract } from '../openapi/contract.js'
import { isRecord, records, select, text } from '../openapi/json.js'
import { concluded, type RunRecord, type SuiteIdentity } from '../reporters/record.js'
import { isFaulty } from '../reporters/waivers.js'
import type { Conformity } from '../suites/check.js'
import type { Cell } from '../suites/model.js'
import { SelectionError } from '../suites/plan.js'
import {
  conclusionTroubles,
  coverageOfPlanTroubles,
  coverageTroubles,
  evidenceTroubles,
  isSameBuild,
  isSameVersion,
  plannedFor,
  planTroubles,
  type Troubles,
  timeTroubles,
  waiverTroubles,
} from './claims.js'
import { FILES } from './layout.js'
import { missingIn, productText, surplusIn } from './product.js'
import { proofTroubles } from './proofs.js'

/** The plan made anew, why there is none to compare with, or why nobody can have made one. */
export type Planning =
  | { readonly contract: Contract; readonly cells: readonly Cell[] }
  | { readonly moot: string }
  | { readonly impossible: string }

/** What the rules are asked about. */
export interface Accepted {
  readonly record: RunRecord
  /** The build that verifies. */
  readonly verifier: SuiteIdentity
  readonly conformity: Conformity
  /** The contract of the record's release, as the verifier knows it; undefined where it knows none. */
  readonly contract?: Contract
  /** Hex SHA-256 of the contract's documents in the bundle; undefined where there are others than it names. */
  readonly enclosedContract: string | undefined
  readonly planning: Planning
  readonly product: unknown
  /** The texts of the bundle by file name, those in which secrets might stand. */
  readonly texts: ReadonlyMap<string, string>
  /** Whether a text holds a secret that can be told by its form. */
  readonly holdsSecret: (text: string) => boolean
  /** The report that this build renders of the record. */
  readonly rendered: () => string
  readonly report: string
  /** The bill of materials of the suite. */
  readonly sbom: unknown
  /** Whether that is the verifier's own, byte for byte. */
  readonly ownBuild: boolean
  readonly nowMs: number
}

/** `moot`: it cannot be told of this record, which is no fault of it. */
type Judgement = { readonly moot: string } | { readonly troubles: Troubles }

export interface Rule {
  readonly id: string
  /** Which of the two answers it decides. */
  readonly decides: 'authentic' | 'certifying'
  /** What holds where it is kept. */
  readonly holds: string
  readonly judge: (accepted: Accepted) => Judgement
}

const unless = (...cases: readonly (readonly [broken: boolean, trouble: string])[]): Judgement => ({
  troubles: cases.filter(([broken]) => broken).map(([, trouble]) => trouble),
})

/** Whether it is one build, of a commit and of nothing else. */
const isOne = (a: SuiteIdentity, b: SuiteIdentity): boolean => isSameBuild(a, b) && !a.dirty && !b.dirty

/** Which build a bill of materials says that it is of. */
function buildIn(sbom: unknown): Readonly<Record<'commit' | 'name' | 'version', string | undefined>> {
  const [component] = select(sbom, '/metadata/component')
  const own = isRecord(component) ? component : {}
  const property = records(own.properties).find(({ name }) => text(name)?.endsWith(':commit') === true)
  return { name: text(own.name), version: text(own.version), commit: text(property?.value) }
}

/** What the record's suite planned, or why this verifier cannot say. */
export function planningOf({
  contract,
  record,
  verifier,
}: Pick<Accepted, 'contract' | 'record' | 'verifier'>): Planning {
  const because = (moot: string) => ({ moot })
  if (record.contract.spec !== undefined)
    return because(
      `the plan follows ${record.contract.spec}, which was laid over the contract and is not enclosed`,
    )
  if (!isSameVersion(record.suite, verifier))
    return because(
      `another version made the record: verify it with ${record.suite.name} ${record.suite.version}`,
    )
  if (contract === undefined || contract.sha256 !== record.contract.sha256)
    return because(`this verifier knows release ${record.contract.release} by other documents, or not at all`)
  try {
    return { contract, cells: plannedFor(record, contract) }
  } catch (cause) {
    if (cause instanceof SelectionError) return { impossible: cause.message }
    throw cause
  }
}

const reasonIn = (planning: Exclude<Planning, { readonly cells: unknown }>): string =>
  'moot' in planning ? planning.moot : planning.impossible

const SEMVER_RELEASE = /^[1-9]\d*\.\d+\.\d+$|^0\.\d+\.\d+$/

/** In the order in which they are told. */
export const RULES: readonly Rule[] = [
  {
    id: 'conclusions',
    decides: 'authentic',
    holds: 'verdict, counts and reasons follow from the cells',
    judge: ({ record }) => ({ troubles: conclusionTroubles(record) }),
  },
  {
    id: 'waived',
    decides: 'authentic',
    holds: 'waivers and baseline come to what the record says',
    judge: ({ record }) => ({ troubles: waiverTroubles(record) }),
  },
  {
    id: 'plan',
    decides: 'authentic',
    holds: 'the cells are those that the selection of the run plans',
    judge: ({ planning, record }) => {
      if ('impossible' in planning)
        return { troubles: [`its selection cannot be planned: ${planning.impossible}`] }
      return 'moot' in planning
        ? planning
        : { troubles: planTroubles(record, planning.contract, planning.cells) }
    },
  },
  {
    id: 'proofs',
    decides: 'authentic',
    holds: 'every pass is one by what it rests on, judged anew',
    judge: ({ conformity, planning, record }) =>
      'cells' in planning
        ? { troubles: proofTroubles(record, planning.contract, planning.cells, conformity) }
        : { moot: `what has to be proved cannot be told: ${reasonIn(planning)}` },
  },
  {
    id: 'contract',
    decides: 'authentic',
    holds: 'the enclosed documents are those that the record names',
    judge: ({ contract: own, enclosedContract, record: { contract, suite }, verifier }) =>
      contract.spec !== undefined
        ? { moot: `${contract.spec}, which was laid over them, is not enclosed` }
        : unless(
            [enclosedContract === undefined, 'it encloses other documents than its release has'],
            [
              enclosedContract !== undefined && enclosedContract !== contract.sha256,
              'the enclosed documents have another digest',
            ],
            [
              own !== undefined && own.sha256 !== contract.sha256 && isOne(suite, verifier),
              `the build that made it has other documents of release ${contract.release}`,
            ],
          ),
  },
  {
    id: 'coverage',
    decides: 'authentic',
    holds: 'the coverage adds up',
    judge: ({ planning, record }) => ({
      troubles: [
        ...coverageTroubles(record),
        ...('cells' in planning ? coverageOfPlanTroubles(record, planning.contract, planning.cells) : []),
      ],
    }),
  },
  {
    id: 'evidence',
    decides: 'authentic',
    holds: 'verdicts rest on exchanges that show them',
    judge: ({ record }) => ({ troubles: evidenceTroubles(record) }),
  },
  {
    id: 'times',
    decides: 'authentic',
    holds: 'everything happened while the run was made',
    judge: ({ nowMs, record }) => ({ troubles: timeTroubles(record, nowMs) }),
  },
  {
    id: 'secrets',
    decides: 'authentic',
    holds: 'nothing that looks like a key or a token is in it',
    judge: ({ holdsSecret, texts }) => ({
      troubles: [...texts]
        .filter(([, text]) => holdsSecret(text))
        .map(([name]) => `${name} holds what looks like a key or a token`),
    }),
  },
  {
    id: 'sbom',
    decides: 'authentic',
    holds: 'the bill of materials is that of the build that made the record',
    judge: ({ ownBuild, record: { suite }, sbom, verifier }) => {
      const { commit, name, version } = buildIn(sbom)
      return unless(
        [
          name !== suite.name || version !== suite.version || commit !== (suite.commit ?? 'none'),
          `it is of ${name ?? 'nothing'} ${version ?? ''} at commit ${commit ?? 'unknown'}`,
        ],
        [isOne(suite, verifier) && !ownBuild, 'it is another than that of this very build'],
      )
    },
  },
  {
    id: 'report',
    decides: 'authentic',
    holds: 'report.html shows the record',
    judge: ({ ownBuild, rendered, report }) =>
      ownBuild
        ? unless([rendered() !== report, 'report.html is not what this suite renders of the record'])
        : { moot: "another build rendered it: 'nvcf-conformance report' renders it anew" },
  },
  {
    id: 'product',
    decides: 'authentic',
    holds: 'the product sheet is that of the record',
    judge: ({ product, record: { target }, texts }) =>
      unless(
        [
          texts.get(FILES.product) !== productText(product) || surplusIn(product, target.product).length > 0,
          'the product sheet is not in the form in which bundles are written',
        ],
        [
          target.product !== undefined &&
            missingIn(target.product).length === 0 &&
            JSON.stringify(product) !== JSON.stringify(target.product),
          'the record names another product than the sheet',
        ],
      ),
  },
  {
    id: 'target',
    decides: 'certifying',
    holds: 'the target is not the reference gateway',
    judge: ({ record: { target } }) =>
      unless([target.reference || target.embedded, 'the target is the reference gateway of the suite']),
  },
  {
    id: 'release',
    decides: 'certifying',
    holds: 'the documents are those of the named release',
    judge: ({ contract, record }) =>
      unless(
        [contract === undefined, `this verifier knows no release ${record.contract.release}`],
        [
          contract !== undefined && contract.sha256 !== record.contract.sha256,
          `the documents are not those of release ${record.contract.release}`,
        ],
        [record.contract.spec !== undefined, 'another document was laid over those of the release'],
      ),
  },
  {
    id: 'suite',
    decides: 'certifying',
    holds: 'a clean build of a released version made the record, and the same build verifies it',
    judge: ({ record: { suite }, verifier }) =>
      unless(
        [suite.commit === null, 'the build of the suite names no commit'],
        [suite.dirty, 'the build of the suite holds uncommitted changes'],
        [!SEMVER_RELEASE.test(suite.version), `${suite.version} is no released version`],
        [
          !isSameVersion(suite, verifier),
          `${suite.name} ${suite.version} made the record, ${verifier.name} ${verifier.version} verifies it`,
        ],
        [
          isSameVersion(suite, verifier) && suite.commit !== null && !isSameBuild(suite, verifier),
          `a build of commit ${suite.commit} made the record, one of ${verifier.commit ?? 'no commit'} verifies it`,
        ],
      ),
  },
  {
    id: 'mode',
    decides: 'certifying',
    holds: 'the mode is full and the matrix exhaustive',
    judge: ({ record: { run } }) =>
      unless(
        [run.mode !== 'full', `the mode is ${run.mode}`],
        [run.matrix !== 'exhaustive', `the matrix is ${run.matrix}`],
      ),
  },
  {
    id: 'canonical-set',
    decides: 'certifying',
    holds: 'the whole plan of the profile was run',
    judge: ({ planning, record: { cells, run } }) => {
      const leftOut = cells.filter(
        ({ verdict }) => verdict === 'excluded' || verdict === 'unsupported',
      ).length
      const { checks, operations, unsupported } = run.selection
      return unless(
        ...('cells' in planning
          ? []
          : [[true, `the plan cannot be recomputed: ${reasonIn(planning)}`] as const]),
        [checks.length + operations.length > 0, 'the run was narrowed to checks or operations'],
        [unsupported.length > 0, `the target lacks ${unsupported.join(', ')}`],
        [run.shard !== null, 'it is one shard of a run'],
        [leftOut > 0, `left out: ${leftOut} cells`],
      )
    },
  },
  {
    id: 'passed',
    decides: 'certifying',
    holds: 'every required cell passed',
    judge: ({ record: { cells, verdict } }) => {
      const open = cells.filter((cell) => cell.level === 'required' && cell.verdict !== 'pass').length
      return unless(
        [open > 0, `not passed: ${open} required cells`],
        [verdict !== 'conformant', `the verdict is ${verdict}`],
      )
    },
  },
  {
    id: 'no-waivers',
    decides: 'certifying',
    holds: 'nothing is waived',
    judge: ({ record: { cells, waivers } }) => {
      const waived = cells.filter((cell) => cell.waived !== undefined).length
      return unless(
        [waived > 0, `waived: ${waived} cells`],
        [waivers.some(isFaulty), 'some waivers do not hold'],
      )
    },
  },
  {
    id: 'finished',
    decides: 'certifying',
    holds: 'the run came to its end and left nothing behind',
    judge: ({ record: { leftBehind, run } }) =>
      unless(
        [run.interrupted, 'the run was interrupted'],
        [leftBehind.length > 0, `left behind on the target: ${leftBehind.length}`],
      ),
  },
  {
    id: 'product-sheet',
    decides: 'certifying',
    holds: 'the product sheet is complete',
    judge: ({ product }) => {
      const missing = missingIn(product)
      return unless([missing.length > 0, `the product sheet lacks ${missing.join(', ')}`])
    },
  },
  {
    id: 'record-certifies',
    decides: 'certifying',
    holds: 'the record says that it certifies',
    judge: ({ record }) => ({ troubles: concluded(record).notCertifyingBecause }),
  },
]
