import { useState } from 'react';

import type { Clause } from '../../../query/complete';
import { Editor, type Known } from './Editor';

interface Props {
  clause: Clause;
  /** The clause's word as the text form has it. */
  word: string;
  chips: string[];
  placeholder: string;
  known: Known;
  /** What stands between two chips. */
  join?: { word: string; title: string; onFlip: () => void };
  /** Replaces the chip at a place (the number of chips adds one) by what a text says; it may throw. */
  onText: (at: number, text: string) => void;
  onRemove: (at: number) => void;
  onPasteText: (text: string) => boolean;
  inputRef?: React.RefObject<HTMLInputElement | null>;
}

/** A clause as chips; each is edited by typing, and so is a new one at the end. */
export function ChipField(props: Props): React.ReactElement {
  const { clause, word, chips, known } = props;
  const [editing, setEditing] = useState<number>();
  return (
    <div className="clause" role="group" aria-label={word}>
      <span className="clause-word" aria-hidden="true">
        {word}
      </span>
      <div className="clause-chips">
        {chips.map((text, i) => (
          <span key={`${i} ${text}`} className="chip-place">
            {i > 0 && props.join && (
              <button type="button" className="join" title={props.join.title} onClick={props.join.onFlip}>
                {props.join.word}
              </button>
            )}
            {editing === i ? (
              <Editor
                clause={clause}
                label={`Edit ${text}`}
                text={text}
                placeholder=""
                known={known}
                fresh={false}
                onCommit={(t) => {
                  if (t.trim() === '') props.onRemove(i);
                  else if (t !== text) props.onText(i, t);
                  setEditing(undefined);
                }}
                onCancel={() => setEditing(undefined)}
                onPasteText={props.onPasteText}
              />
            ) : (
              <span className="qchip">
                <button type="button" className="qchip-text" title={`Edit ${text}`} onClick={() => setEditing(i)}>
                  {text}
                </button>
                <button type="button" className="qchip-x" aria-label={`Remove ${text}`} onClick={() => props.onRemove(i)}>
                  ×
                </button>
              </span>
            )}
          </span>
        ))}
        <Editor
          key={`new ${chips.length}`}
          clause={clause}
          label={`Add to ${word}`}
          text=""
          placeholder={chips.length === 0 ? props.placeholder : '+'}
          known={known}
          fresh
          onCommit={(t) => props.onText(chips.length, t)}
          onCancel={() => undefined}
          onBack={() => chips.length > 0 && setEditing(chips.length - 1)}
          onPasteText={props.onPasteText}
          inputRef={props.inputRef}
        />
      </div>
    </div>
  );
}
