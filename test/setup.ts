/** Runs once before all tests. */
export default function setup(): void {
  process.env['DO_NOT_TRACK'] = '1';
}
