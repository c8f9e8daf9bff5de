import { expect, test } from "vitest";
import { drawMap, drawNetwork, fontSize, shortName } from "./map";

const office = { lat: 52.6938, lon: 7.2935 };
const place = (name: string, lat: number, lon: number, distanceKm: number, population = 1000) => ({
  ars: name,
  name,
  position: { lat, lon },
  distanceKm,
  population,
});
const around = [
  place("Meppen, Stadt", 52.691, 7.291, 0.4, 35_000),
  place("Haren (Ems), Stadt", 52.793, 7.241, 11.6, 23_000),
  place("Geeste", 52.602, 7.27, 10.3),
  place("Haselünne, Stadt", 52.671, 7.484, 13.1),
  place("Twist", 52.643, 7.056, 17),
];

test("north is up, east is right, and distances have one scale", () => {
  const map = drawMap(office, around);
  const dots = new Map(map.dots.map((dot) => [dot.name, dot]));
  expect(dots.get("Haren (Ems)")?.y).toBeLessThan(map.y);
  expect(dots.get("Geeste")?.y).toBeGreaterThan(map.y);
  expect(dots.get("Haselünne")?.x).toBeGreaterThan(map.x);
  expect(dots.get("Twist")?.x).toBeLessThan(map.x);
  const scale = (name: string) => {
    const dot = dots.get(name);
    if (!dot) throw new Error(name);
    return Math.hypot(dot.x - map.x, dot.y - map.y) / dot.distanceKm;
  };
  expect(scale("Twist")).toBeCloseTo(scale("Haren (Ems)"), 0);
  expect(map.rings.at(-1)?.radius).toBeCloseTo((map.rings.at(-1)?.km ?? 0) * scale("Twist"), 0);
  expect(map.dots.map(({ direction }) => direction)).toEqual(["sw", "n", "s", "e", "w"]);
});

test("all dots and names lie on the map, and no name covers another", () => {
  const crowd = Array.from({ length: 12 }, (_, n) =>
    place(`Ein ziemlich langer Ortsname ${n}`, office.lat + 0.002 * (n % 4), office.lon + 0.003 * n, n),
  );
  for (const places of [around, crowd]) {
    const map = drawMap(office, places);
    const boxes = map.dots.flatMap(({ name, label }) => {
      if (!label) return [];
      const length = name.length * fontSize * 0.56;
      const left = label.x - { start: 0, middle: length / 2, end: length }[label.anchor];
      return [
        { left, right: left + length, top: label.y - fontSize * 0.8, bottom: label.y + fontSize * 0.25 },
      ];
    });
    for (const dot of map.dots) {
      expect(dot.x).toBeGreaterThanOrEqual(0);
      expect(dot.x).toBeLessThanOrEqual(map.width);
      expect(dot.y).toBeGreaterThanOrEqual(0);
      expect(dot.y).toBeLessThanOrEqual(map.height);
    }
    boxes.forEach((a, i) => {
      expect(a.left).toBeGreaterThanOrEqual(0);
      expect(a.right).toBeLessThanOrEqual(map.width);
      for (const b of boxes.slice(i + 1)) {
        expect(a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom).toBe(false);
      }
    });
  }
});

test("no places, or one right where the office is, make a map all the same", () => {
  expect(drawMap(office, []).dots).toEqual([]);
  const map = drawMap(office, [place("Hier", office.lat, office.lon, 0)]);
  expect(map.dots[0]).toMatchObject({ x: map.x, y: map.y, direction: "n" });
  expect(Number.isFinite(map.rings[0]?.radius)).toBe(true);
});

test("a name goes without its rank", () => {
  expect(shortName("Haren (Ems), Stadt")).toBe("Haren (Ems)");
  expect(shortName("Lathen")).toBe("Lathen");
});

const at = (id: string, lat: number, lon: number) => ({ id, name: id, position: { lat, lon } });

test("a network shows all members where they are, and none on another", () => {
  const map = drawNetwork([
    at("Emsland", 52.7, 7.3),
    at("Meppen", 52.69, 7.29),
    at("Papenburg", 53.07, 7.4),
    at("Meppen, noch einmal", 52.69, 7.29),
  ]);
  const nodes = new Map(map.nodes.map((node) => [node.id, node]));
  expect(nodes.get("Papenburg")?.y).toBeLessThan(nodes.get("Meppen")?.y ?? 0);
  for (const [i, a] of map.nodes.entries()) {
    expect(a.x).toBeGreaterThan(0);
    expect(a.x).toBeLessThan(map.width);
    expect(a.y).toBeGreaterThan(0);
    expect(a.y).toBeLessThan(map.height);
    for (const b of map.nodes.slice(i + 1)) expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThan(16);
  }
  expect(map.bar.length).toBeLessThanOrEqual(map.width / 4);
});

test("a single portal is in the middle", () => {
  const map = drawNetwork([{ id: "a", name: "A", position: { lat: 52, lon: 7 } }]);
  expect(map.nodes[0]).toMatchObject({ x: map.width / 2, y: map.height / 2 });
});
