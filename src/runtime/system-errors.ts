/** What the operating system says of a path, in words. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EBADF: "it is closed",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file would be too large",
  EIO: "the device reports an error",
  EPERM: "the operation is not permitted",
  EISDIR: "it is a directory",
  ELOOP: "too many symbolic links",
  EMFILE: "too many open files",
  ENAMETOOLONG: "the name is too long",
  ENOENT: "there is no such file or directory",
  ENOSPC: "no space is left on the device",
  ENOTDIR: "a part of the path is not a directory",
  EROFS: "the file system is read-only",
  ERR_INVALID_ARG_VALUE: "the name holds a character that no file name may hold",
};

/** The `code` of an error that Node's file functions throw; undefined for any other value. */
export const systemCodeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

/** Why a file operation failed, or undefined where `error` did not come from one. */
export function reasonOf(error: unknown): string | undefined {
  const code = systemCodeOf(error);
  return code === undefined ? undefined : (REASONS[code] ?? `the system says ${code}`);
}
