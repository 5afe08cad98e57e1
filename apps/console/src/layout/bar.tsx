interface BarProps {
  readonly label: string;
  readonly value: number;
  readonly maximum: number;
  /** What it says in words, e.g. `2 of 3`. */
  readonly text: string;
}

/** A share of a whole as a bar with its figures. */
export function Bar({ label, value, maximum, text }: BarProps) {
  return (
    <span className="bar">
      <meter aria-label={label} min={0} max={maximum} value={value} />
      <span className="bar__text">{text}</span>
    </span>
  );
}
