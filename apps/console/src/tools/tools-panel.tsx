import { Panel } from '../layout/panel.tsx';
import { Catalogue } from './catalogue.tsx';
import { ImportForm } from './import-form.tsx';
import { ServiceList } from './service-list.tsx';
import './tools.css';

/** Imported services, how to import another, and the MCP tools that they became. */
export function ToolsPanel() {
  return (
    <Panel
      id="tools"
      title="Tools"
      about="Services imported from OpenAPI documents; each operation is an MCP tool."
      needs="tools:read"
    >
      <ServiceList />
      <ImportForm />
      <Catalogue />
    </Panel>
  );
}
