/** Readings of the record that more than one report shows. Pure. */

import { grouped } from '../suites/group.js'
import { type Evidence, type EvidenceRole, type Exchange, VERDICTS, type Verdict } from '../suites/model.js'
import type { Measured } from '../suites/verdict.js'
import type { RecordedCell, RunRecord, RunVerdict } from './record.js'
import { counted, elapsed, inSeconds, singleLine } from './text.js'
import type { WaiverReport } from './waivers.js'

export const VERDICT_GLYPHS: Readonly<Record<RunVerdict, string>> = {
  conformant: '✔',
  nonconformant: '✗',
  inconclusive: '?',
  error: '!',
}

/** What happened to a cell, in the words of a count. */
export const COUNTED_AS: Readonly<Record<Verdict, string>> = {
  pass: 'passed',
  fail: 'failed',
  inconclusive: 'inconclusive',
  unsupported: 'unsupported',
  excluded: 'excluded',
  error: 'in error',
}

/** `310 passed, 2 failed (1 advisory)`; verdicts that nothing got are left out, but for `passed`. */
export function countsInWords({ cells, counts }: RunRecord): string {
  const among = (verdict: Verdict, holds: (cell: RecordedCell) => boolean) =>
    cells.filter((cell) => cell.verdict === verdict && holds(cell)).length
  return VERDICTS.filter((verdict) => verdict === 'pass' || counts[verdict] > 0)
    .map((verdict) => {
      const advisory = verdict === 'fail' ? among(verdict, ({ level }) => level === 'advisory') : 0
      const waived = among(verdict, (cell) => cell.waived !== undefined)
      const parts = [
        ...(advisory > 0 ? [`${advisory} advisory`] : []),
        ...(waived > 0 ? [`${waived} waived`] : []),
      ]
      return `${counts[verdict]} ${COUNTED_AS[verdict]}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`
    })
    .join(', ')
}

/** `2 new, 14 known since run 1a2b of 2025-01-01: only what is new fails this run`; undefined where the run was compared with none. */
export function baselineInWords({ baseline, cells }: RunRecord): string | undefined {
  if (baseline === undefined) return undefined
  const known = new Set(baseline.old)
  const bad = cells.filter(
    ({ level, verdict, waived }) =>
      level === 'required' && waived === undefined && (verdict === 'fail' || verdict === 'inconclusive'),
  )
  const old = bad.filter(({ id }) => known.has(id)).length
  return `${bad.length - old} new, ${old} known since run ${baseline.run} of ${baseline.startedAt.slice(0, 10)}: only what is new fails this run`
}

const STATES: Readonly<Record<WaiverReport['state'], (waiver: WaiverReport) => string>> = {
  applied: ({ expires, waived }) => `excuses ${counted(waived, 'cell')} until ${expires}`,
  idle: () => 'had nothing to excuse in this run',
  expired: ({ expires }) => `has expired on ${expires}: renew or remove it`,
  unused: () => 'covers nothing that failed: remove it',
  unknown: () => 'covers no cell of the plan: correct or remove it',
}

/** What came of a waiver: `the waiver of ann for scope-denies::* has expired on 2025-01-01: renew or remove it`. */
export const waiverInWords = (waiver: WaiverReport): string =>
  `the waiver of ${waiver.owner} for ${waiver.cells.join(', ')} ${STATES[waiver.state](waiver)}`

/** Whether the record certifies, and if not, why, in one sentence. */
export const certifyingInWords = ({ certifying, contract, notCertifyingBecause, run }: RunRecord): string =>
  certifying
    ? `This record certifies (release ${contract.release}, profile ${run.profile}).`
    : `Not certifying: ${notCertifyingBecause.map(singleLine).join('; ')}.`

/** `release current`, and what was laid over it. */
export const contractInWords = ({ contract }: RunRecord): string =>
  `release ${contract.release}${contract.spec === undefined ? '' : ` under ${contract.spec}`}`

/** `http://gateway (domain), the reference gateway of the suite`. */
export function targetInWords({ target }: RunRecord): string {
  const own = target.reference ? ', the reference gateway of the suite' : ''
  return singleLine(`${target.gateway} (domain ${target.domain})${own}`)
}

export const durationInWords = ({ run }: RunRecord): string => elapsed(run.startedAt, run.finishedAt)

const TENTH_MS = 100
/** What is known to have lasted longer is not told as longer than it is known to have. */
const atLeast = (ms: number): string => inSeconds(Math.floor(ms / TENTH_MS) * TENTH_MS)
const atMost = (ms: number): string => inSeconds(Math.max(1, Math.ceil(ms / TENTH_MS)) * TENTH_MS)

/** Measurements of what came to its end, with what holds of each of them. */
function endedInWords(all: readonly Measured[]): string[] {
  if (all.length === 0) return []
  const leastMs = Math.min(...all.map(({ ms }) => ms))
  const mostMs = Math.max(...all.map(({ atMostMs, ms }) => atMostMs ?? ms))
  const isBracketed = all.every(({ atMostMs }) => atMostMs !== undefined)
  if (!isBracketed) {
    const [from, to] = [inSeconds(leastMs), inSeconds(mostMs)]
    return [from === to ? to : `${from} to ${to}`]
  }
  const [from, to] = [atLeast(leastMs), atMost(mostMs)]
  if (leastMs < TENTH_MS) return [`at most ${to}`]
  return [from === to ? `about ${to}` : `between ${from} and ${to}`]
}

/** `between 1.3 s and 1.6 s (bound 180 s)`, of measurements that share their bound. */
export function tookInWords(all: readonly Measured[]): string {
  const boundMs = Math.min(...all.map((measured) => measured.boundMs))
  const byEnd = grouped(all, ({ atMostMs, ms }) => atMostMs === undefined && ms >= boundMs)
  const [ended, endless] = [byEnd.get(false) ?? [], byEnd.get(true) ?? []]
  const isBeyond = ended.some(({ ms }) => ms > boundMs)
  const told = [
    ...endedInWords(ended),
    ...(endless.length > 0 ? [`still so after ${atLeast(Math.max(...endless.map(({ ms }) => ms)))}`] : []),
  ]
  return `${told.join(', ')} (${isBeyond ? 'beyond the bound of' : 'bound'} ${inSeconds(boundMs)})`
}

/** What was measured, and how long it took: once for each kind of measurement. */
export function measurements({ cells }: RunRecord): { readonly what: string; readonly took: string }[] {
  const byKind = grouped(
    cells.flatMap(({ measured }) => measured ?? []),
    ({ boundMs, what }) => `${boundMs} ${what}`,
  )
  return [...byKind.values()].map((all) => ({ what: all[0]?.what ?? '', took: tookInWords(all) }))
}

interface Reason {
  readonly because: string
  /** Cells that share it, in plan order. */
  readonly cells: readonly RecordedCell[]
}

/** Why cells got the verdict, the commonest reason first. */
export function reasons(record: RunRecord, verdict: Verdict): Reason[] {
  const own = record.cells.filter((cell) => cell.verdict === verdict)
  const byReason = grouped(own, ({ because }) => because ?? 'no reason was given')
  return [...byReason]
    .map(([because, cells]) => ({ because, cells }))
    .sort((a, b) => b.cells.length - a.cells.length)
}

/** An exchange and what it proves for the cell. */
export type Proof = Evidence & { readonly seen: Exchange }

/** The exchanges behind a cell, in the order in which they were sent. */
export function proofsOf(record: RunRecord): (cell: RecordedCell) => Proof[] {
  const byId = new Map(record.exchanges.map((exchange) => [exchange.id, exchange]))
  return (cell) =>
    cell.evidence.flatMap((evidence) => {
      const seen = byId.get(evidence.exchange)
      return seen === undefined ? [] : [{ ...evidence, seen }]
    })
}

/** What an exchange is to a cell: the same request may serve several that expect different things of it. */
export const ROLES: Readonly<Record<EvidenceRole, string>> = {
  'alive-before': 'Key before',
  'state-before': 'State before',
  answer: 'Answer',
  'state-after': 'State after',
  'alive-after': 'Key after',
  control: 'Control',
  'state-after-control': 'State after the control',
  step: 'Step',
}

const shown = ({ seen, shows }: Proof): string => shows ?? `${seen.response?.status ?? 'no answer'}`

function aroundAnswer(label: string, before: Proof | undefined, after: Proof | undefined): string[] {
  const [was, is] = [before && shown(before), after && shown(after)]
  const facts = [was && `${was} before`, is && `${is} after`].filter((fact) => fact !== undefined)
  if (facts.length === 0) return []
  return [`${label}${was === is ? `${was} before and after` : facts.join(', ')}`]
}

/** What stands around the answer: `key alive before and after; control with key [s]: 204`. Empty where nothing does. */
export function proofInWords(proofs: readonly Proof[]): string {
  const by = (role: EvidenceRole) => proofs.find((proof) => proof.role === role)
  const control = by('control')
  return [
    ...aroundAnswer('key ', by('alive-before'), by('alive-after')),
    ...aroundAnswer('state read back: ', by('state-before'), by('state-after')),
    ...(control === undefined ? [] : [`control with ${control.seen.credential}: ${shown(control)}`]),
  ].join('; ')
}
