import { operations, type ResponseOf } from '@devmesh/api';
import { route, type Route } from '../../routing.ts';
import type { ToolRow } from '../store.ts';
import type { Pack } from './pack.ts';
import { packs as allPacks, requirePack } from './packs.ts';
import type { InstalledPack, ToolPacks } from './service.ts';

type PackView = ResponseOf<typeof operations.packs.getPack>;
type SummaryView = ResponseOf<typeof operations.packs.listPacks>['items'][number];
type InstalledView = ResponseOf<typeof operations.packs.installPack>;

interface PackRoutes {
  readonly packs: ToolPacks;
  readonly presentTool: (row: ToolRow) => InstalledView['tool'];
}

/** The routes of packs and of what services list. */
export function packRoutes({ packs, presentTool }: PackRoutes): readonly Route[] {
  const present = ({ tool, pack, listed, missing, skipped, loosened, findings }: InstalledPack): InstalledView => ({
    tool: presentTool(tool),
    pack,
    listed,
    missing: [...missing],
    skipped: [...skipped],
    loosened: [...loosened],
    findings: [...findings],
  });
  return [
    route(operations.packs.listPacks, () => Promise.resolve({ items: allPacks.map(presentSummary) })),
    route(operations.packs.getPack, ({ params }) => Promise.resolve(presentPack(requirePack(params.pack)))),
    route(operations.packs.installPack, async ({ principal, params, body, signal, remember }) => {
      const request = { ...body, pack: params.pack };
      return present(
        await packs.install(principal, request, (tx, installed) => remember(tx, present(installed)), signal),
      );
    }),
    route(operations.tools.setListing, ({ principal, params, body }) =>
      packs.setListing(principal, { ...body, toolId: params.toolId }),
    ),
  ];
}

function presentSummary({ name, title, summary, operations: tools, address }: Pack): SummaryView {
  return { name, title, summary, tools: tools.length, needsBaseUrl: address.cloud === undefined };
}

function presentPack(pack: Pack): PackView {
  const { document, address, auth, webhook, health, permissions } = pack;
  const { cloud, instance } = address;
  return {
    ...presentSummary(pack),
    document: { ...document },
    address: { ...(cloud === undefined ? {} : { cloud }), ...(instance === undefined ? {} : { instance }) },
    auth: auth.map((preset) => ({ ...preset, scopes: [...preset.scopes] })),
    operations: pack.operations.map(({ name, call, description }) => ({ name, call, description })),
    ...(webhook === undefined ? {} : { webhook }),
    health,
    permissions: permissions !== undefined,
  };
}
