/** `explain`: what a check holds the target to, and how it is known to find faults. */
import { FAULTS } from '../fixtures/gateway/faults.js'
import { CHECKS } from '../suites/checks/index.js'
import { SettingsError } from './settings.js'

/** Prints the explanation and answers the exit code. Throws SettingsError for an unknown id. */
export async function explain(id: string): Promise<number> {
  const check = CHECKS.find((candidate) => candidate.id === id)
  if (check === undefined) {
    throw new SettingsError(
      `There is no check '${id}'. There are: ${CHECKS.map((candidate) => candidate.id).join(', ')}.`,
    )
  }
  const sentence = (fault: string) => FAULTS.find((candidate) => candidate.id === fault)?.sentence ?? ''
  const width = Math.max(...check.catches.map((fault) => fault.length))
  const { failsOnReference } = check
  const shownToFail =
    failsOnReference === undefined
      ? [
          '  Catches  these faults of the reference gateway:',
          ...check.catches.map((fault) => `    ${fault.padEnd(width)}  ${sentence(fault)}`),
        ]
      : [`  Fails    on the reference gateway as it is: ${failsOnReference}`]
  process.stdout.write(
    [
      `${check.id}  (${check.level}, ${check.area})`,
      '',
      `  ${check.title}`,
      '',
      `  Clause   ${check.clause.id}: ${check.clause.text}`,
      `  Source   ${check.clause.source}`,
      ...shownToFail,
      '',
      `  Run it   nvcf-conformance run --check ${check.id}`,
      ...(failsOnReference === undefined
        ? [`  See it fail   nvcf-conformance serve --fault ${check.catches[0]}`]
        : []),
      '',
    ].join('\n'),
  )
  return 0
}
