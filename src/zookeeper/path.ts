/**
 * What is wrong with a node's path, or undefined when nothing is.
 *
 * Servers check the same and answer BadArguments; checking here names the mistake.
 * Source: PathUtils.java:41-93.
 */
export function pathProblem(path: string): string | undefined {
  return formProblem(path) ?? characterProblem(path);
}

/** What is wrong with the elements of a path, or undefined when nothing is. */
export function formProblem(path: string): string | undefined {
  if (!path.startsWith("/")) return `"${path}" does not start with "/"`;
  if (path === "/") return undefined;
  if (path.endsWith("/")) return `"${path}" ends with "/"`;
  for (const element of path.slice(1).split("/")) {
    if (element === "") return `"${path}" has an empty element ("//")`;
    if (element === "." || element === "..") return `"${path}" has the element "${element}"`;
  }
  return undefined;
}

/**
 * What is wrong with the characters of a path, or undefined when nothing is: controls, surrogates,
 * the private use area and specials are forbidden.
 */
export function characterProblem(path: string): string | undefined {
  for (let index = 0; index < path.length; index += 1) {
    const unit = path.charCodeAt(index);
    if (isForbidden(unit)) {
      return `"${path}" has the forbidden character U+${unit.toString(16).padStart(4, "0")}`;
    }
  }
  return undefined;
}

function isForbidden(unit: number): boolean {
  return (
    unit <= 0x1f ||
    (unit >= 0x7f && unit <= 0x9f) ||
    (unit >= 0xd800 && unit <= 0xf8ff) ||
    unit >= 0xfff0
  );
}

/**
 * The full path of a client's path. `chroot` is "" or like "/a/b"; servers know nothing of it.
 * Source: Chroot.java:95-122.
 */
export function absolutePath(chroot: string, path: string): string {
  if (chroot === "") return path;
  return path === "/" ? chroot : chroot + path;
}

/** The client's path of a full path; a path outside the chroot stays as it is. */
export function relativePath(chroot: string, path: string): string {
  if (chroot === "") return path;
  if (path === chroot) return "/";
  return path.startsWith(`${chroot}/`) ? path.slice(chroot.length) : path;
}
