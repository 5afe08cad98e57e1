interface BarProps {
  readonly label: string;
  readonly value: number;
  readonly maximum: number;
  /** What it says in words, e.g. `2 of 3`. */
  readonly text: string;
}

/** A share of a whole as a bar with its figures. */
export function Bar({ label, value, maximum, text }: BarProps) {
  const share = maximum <= 0 ? 0 : Math.min(1, Math.max(0, value / maximum));
  return (
    <span className="bar">
      <span
        className="bar__track"
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={maximum}
        aria-valuenow={value}
        aria-valuetext={text}
      >
        <span className="bar__fill" style={{ width: `${String(share * 100)}%` }} />
      </span>
      <span className="bar__text">{text}</span>
    </span>
  );
}
