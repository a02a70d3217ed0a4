/** "1 word", "2,000 words": a count with its noun, for messages. */
export const counted = (n: number, noun: string, several = `${noun}s`): string =>
  `${n.toLocaleString("en-US")} ${n === 1 ? noun : several}`;
