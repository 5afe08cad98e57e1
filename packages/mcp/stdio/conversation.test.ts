import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RequestId } from '../message.ts';
import { createConversation, type Conversation, type Json } from './conversation.ts';

const step = fc.oneof(
  fc.record({ kind: fc.constant('request' as const), reads: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('answer', 'question', 'reply', 'withdrawal'), pick: fc.nat() }),
  fc.constant({ kind: 'loss' as const }),
);

interface Model {
  readonly conversation: Conversation;
  /** Requests by their ids, and whether they only read. */
  readonly waiting: Map<RequestId, boolean>;
  /** Questions by the id that the client got, with that of the server. */
  readonly questions: Map<unknown, number>;
  readonly everAsked: Set<unknown>;
  requests: number;
  /** A server counts its questions from 0 in each session. */
  asked: number;
}

function request(model: Model, reads: boolean): void {
  const message = { jsonrpc: '2.0', id: (model.requests += 1), method: reads ? 'tools/list' : 'tools/call' };
  expect(model.conversation.fromClient(message)).toEqual(message);
  model.waiting.set(message.id, reads);
}

function answer({ conversation, waiting }: Model, pick: number): void {
  const id = [...waiting.keys()][pick % Math.max(1, waiting.size)];
  if (id === undefined) return;
  const message = { jsonrpc: '2.0', id, result: {} };
  expect(conversation.fromServer(message)).toEqual(message);
  waiting.delete(id);
}

function question(model: Model): void {
  const id = model.asked;
  model.asked += 1;
  const asked = { jsonrpc: '2.0', id, method: 'elicitation/create' };
  const { id: shown, ...rest } = model.conversation.fromServer(asked);
  expect(rest).toEqual({ jsonrpc: '2.0', method: 'elicitation/create' });
  expect(model.everAsked.has(shown)).toBe(false);
  model.everAsked.add(shown);
  model.questions.set(shown, id);
}

/** The client answers anything that it was ever asked, also twice and too late. */
function reply({ conversation, questions, everAsked }: Model, pick: number): void {
  const shown = [...everAsked][pick % Math.max(1, everAsked.size)];
  if (shown === undefined) return;
  const sent = conversation.fromClient({ jsonrpc: '2.0', id: shown, result: {} });
  expect(sent?.['id']).toBe(questions.get(shown));
  questions.delete(shown);
}

function withdrawal({ conversation, questions }: Model, pick: number): void {
  const [shown, id] = [...questions][pick % Math.max(1, questions.size)] ?? [];
  if (id === undefined) return;
  const params = { requestId: id };
  const told = conversation.fromServer({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
  expect(told['params']).toEqual({ requestId: shown });
  questions.delete(shown);
}

function loss(model: Model): void {
  const { waiting, questions } = model;
  const { takenBack, repeat, failed } = model.conversation.lose();
  expect(takenBack.map(({ params }) => (params as Json)['requestId'])).toEqual([...questions.keys()]);
  const ids = (reads: boolean) => [...waiting].filter(([, one]) => one === reads).map(([id]) => id);
  expect(repeat.map(({ id }) => id)).toEqual(ids(true));
  expect(failed).toEqual(ids(false));
  for (const id of failed) waiting.delete(id);
  questions.clear();
  model.asked = 0;
}

const acts = { answer, question, reply, withdrawal };

describe('a conversation that outlives its sessions', () => {
  it('repeats what only reads, fails what may have been done, and brings no answer to another session [mcp.stdio]', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const model: Model = {
          conversation: createConversation(),
          waiting: new Map(),
          questions: new Map(),
          everAsked: new Set(),
          requests: 0,
          asked: 0,
        };
        for (const one of steps) {
          if (one.kind === 'request') request(model, one.reads);
          else if (one.kind === 'loss') loss(model);
          else acts[one.kind](model, one.pick);
          expect([...model.conversation.waiting.keys()]).toEqual([...model.waiting.keys()]);
        }
      }),
    );
  });
});
