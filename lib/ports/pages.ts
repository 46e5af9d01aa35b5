/**
 * Called whenever one of several pages was read: the time limit of a call begins anew with each page, so that it does
 * not depend on the number of pages.
 */
export type PageListener = () => void;
