/** A mistake in what the user gave: the message says what that was, what was expected and what to do. */
export class UserError extends Error {
  override readonly name: string = 'UserError';
}
