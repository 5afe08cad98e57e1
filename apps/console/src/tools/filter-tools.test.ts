import { expect, it } from 'vitest';
import { filterTools } from './filter-tools.ts';

const tools = [
  { name: 'acme_listIssues', title: 'List issues', description: 'Newest first.' },
  { name: 'acme_closeIssue', title: 'Close an issue', description: 'It can be opened again.' },
];
const namesOf = (filter: string) => filterTools(tools, filter).map((tool) => tool.name);

it('shows every tool while nothing is typed', () => {
  expect(namesOf('  ')).toEqual(['acme_listIssues', 'acme_closeIssue']);
});

it('wants every word, in the name, the title or the description', () => {
  expect(namesOf('ISSUE newest')).toEqual(['acme_listIssues']);
  expect(namesOf('issue')).toHaveLength(2);
  expect(namesOf('issue deploy')).toEqual([]);
});
