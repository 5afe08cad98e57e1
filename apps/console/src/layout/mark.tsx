import mark from './mesh.svg';

/** The product's mark. */
export function Mark() {
  return <img className="mark" src={mark} alt="" width="24" height="24" />;
}
