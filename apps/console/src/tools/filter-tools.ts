interface Named {
  readonly name: string;
  readonly title: string;
  readonly description: string;
}

/** The tools whose name, title or description holds every word of the filter, in their order. */
export function filterTools<Tool extends Named>(tools: readonly Tool[], filter: string): readonly Tool[] {
  const words = filter
    .toLowerCase()
    .split(/\s+/u)
    .filter((word) => word !== '');
  if (words.length === 0) return tools;
  return tools.filter(({ name, title, description }) => {
    const text = `${name} ${title} ${description}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
