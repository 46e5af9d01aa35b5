/** How often renewals were confirmed, refused because another pod held the lease, or not answered. */
export interface RenewalCounts {
  readonly renewed: number;
  readonly lost: number;
  readonly unknown: number;
}
