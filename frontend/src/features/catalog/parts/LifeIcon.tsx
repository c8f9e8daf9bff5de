/** Line drawings for life situations, by the name that the catalog gives; unknown names get a sheet of paper. */
const drawings: Record<string, string> = {
  home: "M4 17 18 5l14 12M8 15v16h20V15M15 31v-9h6v9",
  "id-card": "M4 8h28v20H4zM12 19a3 3 0 1 0 0-6 3 3 0 0 0 0 6M7 25c1-4 9-4 10 0M21 14h7M21 19h7",
  people:
    "M12 14a4 4 0 1 0 0-8 4 4 0 0 0 0 8M25 18a3 3 0 1 0 0-6 3 3 0 0 0 0 6M4 31v-7a8 8 0 0 1 16 0v7M20 31v-3a5.500 5.500 0 0 1 11 0v3",
  car: "M5 25v-7l4-9h18l4 9v7zM5 18h26M9 25v4M27 25v4M10 21.500h2M24 21.500h2",
  paw: "M6 19a3 4 0 1 0 6 0 3 4 0 1 0-6 0M24 19a3 4 0 1 0 6 0 3 4 0 1 0-6 0M11 10a3 4 0 1 0 6 0 3 4 0 1 0-6 0M19 10a3 4 0 1 0 6 0 3 4 0 1 0-6 0M18 18c-4 0-8 5-8 8s3 4 8 3c5 1 8 0 8-3s-4-8-8-8z",
  recycle: "M7 10h22M14 10V5h8v5M9 10l2 21h14l2-21M15 16v9M21 16v9",
  building: "M4 31h28M8 31V13l10-7 10 7v18M14 31v-8h8v8M14 17h8",
  briefcase: "M4 12h28v18H4zM13 12V6h10v6M4 20h28M18 18v4",
  hands: "M18 32a14 14 0 1 0 0-28 14 14 0 0 0 0 28M24 13c-6-5-12-1-12 5s6 10 12 5M9 16h10M9 20h10",
  heart: "M18 30C8 23 4 18 4 13a7 7 0 0 1 14-2 7 7 0 0 1 14 2c0 5-4 10-14 17z",
  school: "M3 14 18 7l15 7-15 7zM9 17v8c3 4 15 4 18 0v-8M33 14v10",
  calendar: "M5 8h26v23H5zM5 15h26M12 4v7M24 4v7M11 21h3M17 21h3M23 21h3M11 26h3M17 26h3",
};

const otherwise = "M9 4h13l6 6v22H9zM22 4v6h6M13 17h10M13 22h10M13 27h6";

export function LifeIcon({ name }: { name: string }) {
  return (
    <svg
      className="pv-life__icon"
      viewBox="0 0 36 36"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinejoin="round"
      aria-hidden
    >
      <path d={drawings[name] ?? otherwise} />
    </svg>
  );
}
