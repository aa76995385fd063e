export { type Settings, Terrace } from './client.js';
export { type FieldError, Problem } from './problem.js';
export type { OrderEvent } from './orders.js';
export type { components } from './schema.js';
export type { Slug } from './slugs.js';
export type { Tokens } from './session.js';
export type { Credentials } from './sign.js';
export type { Input, OperationId, Options, Output } from './types.js';
