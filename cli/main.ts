#!/usr/bin/env node
/** The command line. Each command loads what it needs when it is called, so that help answers at once. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { fitted } from '../reporters/terminal.js'
import { version } from './identity.js'
import { OPTIONS, resolveSettings } from './settings.js'

/** The run could not be made: usage, configuration, an unreachable target, or a fault of the suite. */
const EXIT_NOT_MADE = 2

const collect = (value: string, previous: readonly string[] | undefined): string[] => {
  if (value.trim() === '') throw new InvalidArgumentError('It must not be empty.')
  return [...(previous ?? []), value]
}

/** The settings by which documents are found and read. */
const READING = ['gateway', 'domain', 'release', 'spec', 'allow-remote-refs', 'timeout']

const exits = (code: number): void => {
  process.exitCode = code
}

/** Adds the flags of the settings: all, or those that are named. */
function withSettings(command: Command, names?: readonly string[], config = true): Command {
  for (const { help, many, name, takes } of OPTIONS) {
    if (names?.includes(name) === false) continue
    const option = new Option(takes === undefined ? `--${name}` : `--${name} <${takes}>`, help)
    command.addOption(many === true ? option.argParser(collect) : option)
  }
  return config
    ? command.option(
        '--config <FILE>',
        'settings in YAML (default: nvcf-conformance.yaml, where there is one)',
      )
    : command
}

function program(): Command {
  const root = new Command('nvcf-conformance')
    .description(
      'Contract and conformance suite for NVCF, the self-hosted control plane of NVIDIA Cloud Functions.',
    )
    .version(version())
    .option('--debug', 'show where an error comes from')
    .showHelpAfterError(
      "'nvcf-conformance --help' and 'nvcf-conformance <command> --help' list commands and flags.",
    )
    .addHelpText(
      'after',
      '\nExit codes: 0 conformant, 1 nonconformance found, 2 the run could not be made, 3 something required is inconclusive.\nOf drift: 0 at most compatible differences, 1 breaking ones or conflicts, 2 no comparison.',
    )
  withSettings(
    root
      .command('run')
      .description('run the suite against a gateway, by default the embedded reference gateway'),
  ).action(async (flags) => {
    // A mistake in them is told before all that a run needs is loaded.
    const settings = await resolveSettings(flags, process.env)
    exits(await (await import('./run.js')).run(settings))
  })
  withSettings(root.command('plan').description('print what a run would send; sends nothing')).action(
    async (flags) => {
      const settings = await resolveSettings(flags, process.env)
      exits(await (await import('./plan.js')).printPlan(settings))
    },
  )
  withSettings(
    root
      .command('matrix')
      .description('print which scopes open which operations, as documented')
      .addOption(
        new Option('--diff <R>', 'what changes from the release to this one').conflicts(['spec', 'csv']),
      )
      .option('--json', 'as JSON')
      .addOption(new Option('--csv', 'as CSV').conflicts('json')),
    READING,
  ).action(async (flags) => exits(await (await import('./matrix.js')).printMatrix(flags)))
  withSettings(
    root
      .command('drift [SPEC]')
      .description(
        'compare two OpenAPI documents; SPEC is a file, a URL, release:NAME or, by default, target: what the gateway says of itself',
      )
      .option('--against <SPEC>', 'what to compare it with (default: the bundled release)')
      .option('--json', 'as JSON'),
    READING.filter((name) => name !== 'spec'),
  ).action(async (spec: string | undefined, flags) =>
    exits(await (await import('./drift.js')).printDrift(spec, flags)),
  )
  root
    .command('explain <CHECK-ID>')
    .description('say what a check holds the target to')
    .action(async (id: string) => exits(await (await import('./explain.js')).explain(id)))
  root
    .command('serve')
    .description('serve the reference gateway; prints one JSON line when ready')
    .option('--port <N>', 'port on 127.0.0.1 (default: any free one)')
    .option('--domain <NAME>', 'answer only to <service>.<NAME>')
    .option('--release <R>', 'NVCF release')
    .addOption(new Option('--fault <ID>', 'break it in a named way; may be repeated').argParser(collect))
    .addOption(
      new Option('--variation <ID>', 'let it differ in a named way; may be repeated').argParser(collect),
    )
    .option('--list', 'list the faults and variations')
    .action(async (flags) => exits(await (await import('./serve.js')).serve(flags)))
  withSettings(root.command('sweep').description('remove what an interrupted run left on its target')).action(
    async (flags) => exits(await (await import('./sweep.js')).sweepLedgers(flags)),
  )
  withSettings(
    root
      .command('doctor')
      .description(
        'look whether a run can be made: reachability, TLS, clock, Host routing, keys; each with its mend',
      ),
    ['gateway', 'domain', 'release', 'timeout'],
  ).action(async (flags) => exits(await (await import('./doctor.js')).doctor(flags)))
  root
    .command('init')
    .description('write the config file and the product sheet, from questions or from flags')
    .option('--gateway <URL>', 'gateway under test')
    .option('--domain <NAME>', "domain behind the services' Hosts")
    .option('--release <R>', 'NVCF release whose documents hold')
    .option('--name <TEXT>', 'name of the product')
    .option('--product-version <TEXT>', 'version of the product')
    .option('--vendor <TEXT>', 'who makes the product')
    .option('--contact <TEXT>', 'where questions about the product go')
    .option('--environment <TEXT>', 'what the product runs on')
    .option('--force', 'replace files that are there')
    .action(async (flags) => exits(await (await import('./init.js')).init(flags)))
  withSettings(
    root
      .command('report <RECORD>')
      .description('render the reports of a record anew')
      .option('--out <DIR>', 'where they go (default: beside the record)'),
    ['reporter'],
    false,
  ).action(async (file: string, flags) => exits(await (await import('./report.js')).report(file, flags)))
  withSettings(
    root.command('merge <RECORD...>').description('put the records of all shards of a run together'),
    ['reporter', 'out'],
    false,
  ).action(async (files: string[], flags) => exits(await (await import('./merge.js')).merge(files, flags)))
  root
    .command('diff <A> <B>')
    .description('say what record B finds differently from the earlier record A, as Markdown')
    .option('--json', 'as JSON')
    .action(async (a: string, b: string, flags) =>
      exits(await (await import('./diff.js')).printDiff(a, b, flags)),
    )
  root
    .command('keygen')
    .description('make a pair of keys to sign bundles with')
    .requiredOption('--out <FILE>', 'private key in PKCS#8; the public key goes into FILE.pub')
    .addOption(
      new Option('--algorithm <NAME>', 'kind of key').choices(['ed25519', 'ecdsa']).default('ed25519'),
    )
    .action(async (flags) => exits(await (await import('./keygen.js')).keygen(flags)))
  root
    .command('bundle <RECORD>')
    .description('sign a record, and put it with all that is needed to verify it into one file')
    .requiredOption('--key <FILE>', 'private key in PKCS#8, Ed25519 or ECDSA')
    .requiredOption('--out <FILE>', 'the bundle')
    .option('--product <FILE>', 'product sheet, for a record that names no product')
    .action(async (file: string, flags) => exits(await (await import('./bundle.js')).bundle(file, flags)))
  root
    .command('verify <FILE>')
    .description('say whether a bundle is authentic, and whether it certifies; asks no network')
    .option('--key <FILE>', 'public key of the signer')
    .option('--require-certifying', 'exit 1 unless it certifies')
    .option('--json', 'as JSON')
    .action(async (file: string, flags) => exits(await (await import('./verify.js')).verify(file, flags)))
  return root
}

async function main(): Promise<void> {
  const root = program()
  for (const command of [root, ...root.commands]) command.exitOverride()
  try {
    await root.parseAsync()
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version are not mistakes; for the rest commander has printed what is wrong.
      process.exitCode = error.exitCode === 0 ? 0 : EXIT_NOT_MADE
      return
    }
    const known = error instanceof Error
    const { stderr } = process
    stderr.write(`${fitted(`error: ${known ? error.message : String(error)}`, stderr.columns)}\n`)
    if (known && root.opts().debug === true)
      process.stderr.write(
        `${error.stack}\n${error.cause === undefined ? '' : `caused by ${String(error.cause)}\n`}`,
      )
    process.exitCode = EXIT_NOT_MADE
  }
}

// Who reads may go, as `head` does: what is under way has a target to clean and reports to write.
for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined)

await main()
