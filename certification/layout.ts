/** The files of a bundle, by name. */
export const FILES = {
  record: 'record.json.gz',
  report: 'report.html',
  release: 'contract/release.json',
  contractFolder: 'contract/',
  product: 'product.json',
  sbom: 'sbom.cdx.json',
  signer: 'signer.pub.pem',
  sums: 'SHA256SUMS',
  attestation: 'attestation.dsse.json',
} as const

/** What a bundle cannot be without; the documents of the contract are as many as the release has. */
export const NEEDED: readonly string[] = [
  FILES.record,
  FILES.report,
  FILES.release,
  FILES.product,
  FILES.sbom,
  FILES.signer,
  FILES.sums,
  FILES.attestation,
]

/** Whether a bundle may hold a file of that name. */
export const isExpected = (name: string): boolean =>
  NEEDED.includes(name) || /^contract\/[a-z0-9-]+\.yaml$/.test(name)
