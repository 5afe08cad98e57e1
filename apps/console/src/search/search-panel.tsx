import { Panel } from '../layout/panel.tsx';
import { RepositoryForm } from './repository-form.tsx';
import { RepositoryList } from './repository-list.tsx';
import { SearchBox } from './search-box.tsx';
import './search.css';

/** Search over the indexed repositories, and how far their index is. */
export function SearchPanel() {
  return (
    <Panel
      id="search"
      title="Code search"
      about="By meaning and by words; every answer names file, lines and commit."
      needs="knowledge:read"
    >
      <SearchBox />
      <h3>Repositories</h3>
      <RepositoryList />
      <RepositoryForm />
    </Panel>
  );
}
