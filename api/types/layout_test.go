package types_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"portalverbund/api/types"
)

func TestFieldAt_StepsAndItemsOfGroups(t *testing.T) {
	t.Parallel()
	var layout types.FormLayout
	require.NoError(t, json.Unmarshal([]byte(`{"steps": [{"id": "dog", "title": {"de": "Hund"}, "fields": [
		{"name": "a/b", "kind": "text", "label": {"de": "Rasse", "en": "Breed"}},
		{"name": "more", "kind": "group", "label": {"de": "Weitere"}, "itemLabel": {"de": "Hund", "en": "Dog"}, "fields": [
			{"name": "name", "kind": "text", "label": {"de": "Rufname"}},
			{"name": "owners", "kind": "group", "label": {"de": "Halter"}, "fields": [{"name": "name", "kind": "text", "label": {"de": "Name"}}]}]}]}]}`), &layout))
	for pointer, label := range map[string]string{
		"/dog/a~1b": "Breed", "/dog/more": "Weitere", "/dog/more/0/name": "Dog 1, Rufname", "/dog/more/12/owners/2/name": "Dog 13, Halter 3, Name",
	} {
		p, found := layout.FieldAt(pointer)
		require.True(t, found, pointer)
		require.Equal(t, label, p.Label("en"))
	}
	for _, pointer := range []string{"", "dog", "/", "/dog", "/cat/a~1b", "/dog/b", "/dog/a~1b/0", "/dog/a~1b/0/name", "/dog/more/0", "/dog/more/name", "/dog/more/-1/name", "/dog/more/01/name", "/dog/more/0/none"} {
		_, found := layout.FieldAt(pointer)
		require.False(t, found, pointer)
	}
}
