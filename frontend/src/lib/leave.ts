/** Leaves the application for another page, of this portal's server or of another. */
export function leaveFor(address: string): void {
  window.location.assign(address);
}
