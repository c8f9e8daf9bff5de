import { createContext, useContext } from "react";
import type { Json } from "../../../forms/definition";
import type { Content, Finding } from "../api";

/** Languages that texts are written in here, German first; Leichte Sprache is a variety of it. */
export const textLanguages = ["de", "en", "de-x-ls"] as const;
export type TextLanguage = (typeof textLanguages)[number];

/** What the fields of an entry share. */
export interface Editor {
  content: Content;
  /** Languages whose texts stand side by side. */
  languages: TextLanguage[];
  findings: Finding[];
  set: (pointer: string, value: Json | undefined) => void;
}

export const EditorContext = createContext<Editor | undefined>(undefined);

export function useEditor(): Editor {
  const editor = useContext(EditorContext);
  if (!editor) throw new Error("a field of an entry stands outside of an editor");
  return editor;
}

/** What keeps the value at a pointer from being released, in words. */
export function errorAt(editor: Editor, pointer: string): string | undefined {
  return editor.findings.find((finding) => finding.severity === "error" && finding.pointer === pointer)
    ?.message;
}
