/** A mistake in what the user gave: the message says what that was, what was expected and what to do. */
export class UserError extends Error {
  override readonly name: string = 'UserError';
}

/** Why a file or folder cannot be used, in words that complete "cannot read FILE: ...". */
export function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of the path is a file, where a folder is needed',
  EEXIST: 'it is a file, where a folder is needed',
  EISDIR: 'it is a folder, where a file is needed',
  EACCES: 'permission is denied',
  EPERM: 'the system does not allow it',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
};
