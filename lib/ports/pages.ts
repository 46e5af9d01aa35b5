/**
 * Told whenever one of several pages was read: the time limit of a question begins anew with each, so that it does not
 * depend on how many there are.
 */
export type PageListener = () => void;
