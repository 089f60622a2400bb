/**
 * Events are never migrated. When a release changes how a fact is told, the old telling is translated here, on read;
 * the stored bytes, and with them every hash, stay as they were.
 */
export const upcast = (stored: object): object => stored;
