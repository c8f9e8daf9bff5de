interface Position {
  lat: number;
  lon: number;
}

interface Place {
  ars: string;
  name: string;
  position: Position;
  population?: number;
  distanceKm: number;
}

/** A place on a map around an office. */
export interface Dot {
  ars: string;
  name: string;
  /** On the map, from its upper left corner. */
  x: number;
  y: number;
  radius: number;
  /** Where the name stands; undefined where there is no room for it. */
  label: { x: number; y: number; anchor: "start" | "middle" | "end" } | undefined;
  distanceKm: number;
  /** As the crow flies, seen from the office. */
  direction: Direction;
}

interface Ring {
  km: number;
  radius: number;
  /** Where the distance stands; undefined where there is no room for it. */
  label: { x: number; y: number } | undefined;
}

export interface OfficeMap {
  width: number;
  height: number;
  /** Where the office is. */
  x: number;
  y: number;
  dots: Dot[];
  /** Circles around the office, for judging distances. */
  rings: Ring[];
}

const directions = ["n", "ne", "e", "se", "s", "sw", "w", "nw"] as const;
export type Direction = (typeof directions)[number];

export const fontSize = 13;
const width = 360;
const height = 300;
const margin = 24;
const smallestKm = 3; // from the middle to the upper edge

const kmOfLatitude = 110.57;
const kmOfLongitude = 111.32; // at the equator

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The name without what is said of its rank: "Meppen, Stadt" is Meppen. */
export const shortName = (name: string): string => name.split(",")[0] ?? name;

/**
 * Draws places around a position: north is up, and distances are true to scale as far as that goes on a plane. Names stand
 * where they cover neither a dot nor another name, those of near places first.
 */
export function drawMap(center: Position, places: Place[]): OfficeMap {
  const east = kmOfLongitude * Math.cos((center.lat * Math.PI) / 180);
  const inKm = places.map((place) => ({
    place,
    x: (place.position.lon - center.lon) * east,
    y: (center.lat - place.position.lat) * kmOfLatitude,
  }));
  const halfWidth = width / 2 - margin;
  const halfHeight = height / 2 - margin;
  const scale = Math.min(
    halfHeight / smallestKm,
    ...inKm.map(({ x }) => halfWidth / Math.max(Math.abs(x), 0.001)),
    ...inKm.map(({ y }) => halfHeight / Math.max(Math.abs(y), 0.001)),
  );
  const dots: Dot[] = inKm.map(({ place, x, y }) => ({
    ars: place.ars,
    name: shortName(place.name),
    x: width / 2 + x * scale,
    y: height / 2 + y * scale,
    radius: (place.population ?? 0) >= 20_000 ? 6 : (place.population ?? 0) >= 5_000 ? 4.5 : 3,
    label: undefined,
    distanceKm: place.distanceKm,
    direction: directionOf(x, y),
  }));
  const taken: Box[] = [
    around(width / 2, height / 2, 14),
    ...dots.map((dot) => around(dot.x, dot.y, dot.radius + 1)),
  ];
  const circles = rings(scale);
  for (const ring of circles) ring.label = placeDistance(ring.radius, taken);
  for (const dot of dots) dot.label = placeLabel(dot, taken);
  return { width, height, x: width / 2, y: height / 2, dots, rings: circles };
}

function around(x: number, y: number, radius: number): Box {
  return { left: x - radius, top: y - radius, right: x + radius, bottom: y + radius };
}

/** x to the east, y to the south. */
function directionOf(x: number, y: number): Direction {
  const eighth = Math.round(Math.atan2(x, 0 - y) / (Math.PI / 4));
  return directions[(eighth + 8) % 8] ?? "n";
}

function placeLabel(dot: Pick<Dot, "name" | "x" | "y" | "radius">, taken: Box[]): Dot["label"] {
  const length = dot.name.length * fontSize * 0.56;
  const gap = dot.radius + 4;
  const candidates = [
    { x: dot.x + gap, y: dot.y + fontSize * 0.35, anchor: "start", left: dot.x + gap },
    { x: dot.x - gap, y: dot.y + fontSize * 0.35, anchor: "end", left: dot.x - gap - length },
    { x: dot.x, y: dot.y - gap, anchor: "middle", left: dot.x - length / 2 },
    { x: dot.x, y: dot.y + gap + fontSize * 0.8, anchor: "middle", left: dot.x - length / 2 },
  ] as const;
  for (const { left, ...label } of candidates) {
    const box = {
      left,
      top: label.y - fontSize * 0.8,
      right: left + length,
      bottom: label.y + fontSize * 0.25,
    };
    if (box.left < 2 || box.right > width - 2 || box.top < 2 || box.bottom > height - 2) continue;
    if (taken.some((other) => overlaps(box, other))) continue;
    taken.push(box);
    return label;
  }
  return undefined;
}

const overlaps = (a: Box, b: Box) =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** Somebody on a map of a network. */
interface Node {
  id: string;
  name: string;
  x: number;
  y: number;
  label: Dot["label"];
}

interface NetworkMap {
  width: number;
  height: number;
  nodes: Node[];
  /** A line of a round length, for judging distances. */
  bar: { km: number; length: number };
}

const nodeRadius = 8;
const between = 2.5 * nodeRadius; // who would lie on another moves aside

const middle = (values: number[]) => (Math.min(...values) + Math.max(...values)) / 2;

/** Draws portals where they are: north is up, all of them fit, and none hides another. */
export function drawNetwork(members: { id: string; name: string; position: Position }[]): NetworkMap {
  const lats = members.map(({ position }) => position.lat);
  const lons = members.map(({ position }) => position.lon);
  const center = { lat: middle(lats), lon: middle(lons) };
  const east = kmOfLongitude * Math.cos((center.lat * Math.PI) / 180);
  const inKm = members.map(({ position }) => ({
    x: (position.lon - center.lon) * east,
    y: (center.lat - position.lat) * kmOfLatitude,
  }));
  const scale = Math.min(
    ...inKm.map(({ x }) => (width / 2 - 2 * margin) / Math.max(Math.abs(x), smallestKm)),
    ...inKm.map(({ y }) => (height / 2 - 2 * margin) / Math.max(Math.abs(y), smallestKm)),
  );
  const nodes: Node[] = [];
  for (const [index, { id, name }] of members.entries()) {
    const node: Node = {
      id,
      name,
      x: width / 2 + (inKm[index]?.x ?? 0) * scale,
      y: height / 2 + (inKm[index]?.y ?? 0) * scale,
      label: undefined,
    };
    while (nodes.some((other) => Math.hypot(other.x - node.x, other.y - node.y) < between))
      node.x += nodeRadius;
    nodes.push(node);
  }
  const taken = nodes.map(({ x, y }) => around(x, y, nodeRadius + 2));
  for (const node of nodes) node.label = placeLabel({ ...node, radius: nodeRadius }, taken);
  const km = [100, 50, 20, 10, 5, 2, 1].find((length) => length * scale <= width / 4) ?? 1;
  return { width, height, nodes, bar: { km, length: km * scale } };
}

/** Two circles of round distances that fit. */
function rings(scale: number): Ring[] {
  const fits = (height / 2 - 8) / scale;
  const largest = [50, 20, 10, 5, 2, 1].find((km) => km <= fits) ?? 1;
  return [largest / 2, largest].map((km) => ({ km, radius: km * scale, label: undefined }));
}

/** A place on a circle where no dot is: at the bottom, else around it. */
function placeDistance(radius: number, taken: Box[]): Ring["label"] {
  for (let eighth = 0; eighth < 8; eighth++) {
    const angle = (eighth * Math.PI) / 4;
    const label = { x: width / 2 + radius * Math.sin(angle), y: height / 2 + radius * Math.cos(angle) };
    const box = { left: label.x - 20, right: label.x + 20, top: label.y - 9, bottom: label.y + 6 };
    if (taken.some((other) => overlaps(box, other))) continue;
    taken.push(box);
    return label;
  }
  return undefined;
}
