import type { DuplicateGroup, DuplicateGroups } from "../protocol";
import { thumbnails } from "../review/deck";

export interface Member {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly width: number;
  readonly height: number;
  /** A blob URL of the thumbnail, or "" where there is none. */
  readonly url: string;
  /** To the one that is proposed to be kept, 0 to 1; null where that is not known. */
  readonly similarity: number | null;
  /** What speaks for it: its size, its sharpness, its labels. */
  readonly facts: string;
}

/** Samples that are the same, as they are looked at. */
export interface Group extends Omit<DuplicateGroup, "members"> {
  readonly members: readonly Member[];
}

/** By their place in the order of the search, which no verdict changes. */
export type Groups = ReadonlyMap<number, Group>;

export const NONE: Groups = new Map();

/** Members that have a digit. */
export const DIGITS = 9;

/** Groups that the kernel sent; the thumbnails of all members lie one after the other in the buffer. */
export function groupsOf(reply: DuplicateGroups, buffer: Uint8Array<ArrayBuffer>): Map<number, Group> {
  const cut = thumbnails(buffer);
  const groups = new Map<number, Group>();
  reply.groups.forEach((group, i) => {
    const members = group.members.map(({ tile, similarity, facts }): Member => {
      const { sample_id: id, name, status, width, height } = tile;
      return { id, name, status, width, height, url: cut(tile), similarity, facts };
    });
    groups.set(reply.start + i, { ...group, members });
  });
  return groups;
}

/** The groups with others in them. What is on the screen keeps its pictures, so that nothing flickers. */
export function merged(before: Groups, came: Groups): { groups: Groups; left: readonly string[] } {
  const groups = new Map(before);
  const left: string[] = [];
  for (const [at, group] of came) {
    const old = new Map(before.get(at)?.members.map(({ id, url }) => [id, url]));
    const members = group.members.map((member) => {
      const url = old.get(member.id) ?? "";
      if (url === "") return member;
      if (member.url !== "") left.push(member.url);
      old.delete(member.id);
      return { ...member, url };
    });
    left.push(...old.values());
    groups.set(at, { ...group, members });
  }
  return { groups, left: left.filter((url) => url !== "") };
}

/** The groups without those that are far from what is looked at. */
export function near(groups: Groups, at: number, kept: number): { groups: Groups; left: readonly string[] } {
  const far = [...groups.keys()].filter((place) => Math.abs(place - at) > kept);
  if (far.length === 0) return { groups, left: [] };
  const left = far.flatMap((place) => groups.get(place)?.members.map(({ url }) => url) ?? []);
  return {
    groups: new Map([...groups].filter(([place]) => !far.includes(place))),
    left: left.filter((url) => url !== ""),
  };
}

/** Where one goes from a group: the next one that has no verdict, as far as is known; `count` behind the last. */
export function following(groups: Groups, at: number, count: number): number {
  for (let next = at + 1; next < count; next++) {
    const state = groups.get(next)?.state;
    if (state === undefined || state === "open") return next;
  }
  return count;
}

/** The group of a place with another state. */
export function changed(groups: Groups, at: number, change: Partial<Group>): Groups {
  const group = groups.get(at);
  return group === undefined ? groups : new Map(groups).set(at, { ...group, ...change });
}
