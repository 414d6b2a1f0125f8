/** Why a bundle is refused: by which rule of acceptance, and what breaks it. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly rule: string
  constructor(rule: string, why: string, options?: ErrorOptions) {
    super(why, options)
    this.rule = rule
  }
}
