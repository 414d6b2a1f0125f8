/** A mistake in flags, environment or config file; the message names it and the mend. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}
