import { useState } from "react";
import { useWords } from "../../i18n";
import type { FieldProps } from "./FieldParts";
import { TextField } from "./TextField";

/** A password, which the person may make visible. Pasting and password managers are welcome. */
export function PasswordField({
  value,
  onChange,
  isNew = false,
  ...field
}: FieldProps & { value: string; onChange: (value: string) => void; isNew?: boolean }) {
  const t = useWords();
  const [visible, setVisible] = useState(false);
  return (
    <div className="pv-stack pv-stack--small">
      <TextField
        {...field}
        value={value}
        onChange={onChange}
        input={{
          type: visible ? "text" : "password",
          autoComplete: isNew ? "new-password" : "current-password",
          spellCheck: false,
          autoCapitalize: "none",
        }}
      />
      <div className="kern-form-check">
        <input
          type="checkbox"
          className="kern-form-check__checkbox"
          id={`${field.id}-visible`}
          checked={visible}
          onChange={(event) => setVisible(event.target.checked)}
        />
        <label className="kern-label" htmlFor={`${field.id}-visible`}>
          {t("showPassword")}
        </label>
      </div>
    </div>
  );
}
