/** The tag of a file, made from its path. */

/**
 * A function from path to tag. `*` in the tag stands for the path, its slashes, backslashes and colons as dots; with a
 * `tag_regex`, `<name>` stands for what its group of that name took, `_` when it took nothing. Null when the path does
 * not match the expression.
 */
export function tagComposer(tag: string, regex: ((path: string) => RegExpExecArray | null) | null): (path: string) => string | null {
  if (regex !== null) {
    return (path) => {
      const found = regex(path)
      if (found === null) return null
      return tag.replace(/<([^<>]*)>/g, (_, name: string) => found.groups?.[name] || '_')
    }
  }
  if (!tag.includes('*')) return () => tag
  return (path) => {
    const star = tag.indexOf('*')
    const whole = tag.slice(0, star) + path + tag.slice(star + 1)
    const dotted = whole.replace(/^[/\\:]+/, '').replace(/[/\\:]/g, '.').replaceAll('*', '')
    return dotted.replace(/\.{2,}/g, '.').replace(/\.$/, '')
  }
}
