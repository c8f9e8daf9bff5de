package accounts

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"portalverbund/api/types"
)

// itemOrigin says where an item of a profile comes from.
type itemOrigin struct {
	Origin   types.ItemOriginOrigin `json:"origin"`
	Verified bool                   `json:"verified,omitempty"`
	At       time.Time              `json:"at"`
	By       string                 `json:"by,omitempty"`
}

// Items lists all data that a consent may cover.
func Items() []types.ProfileItem {
	return []types.ProfileItem{
		types.ProfileItemGivenName, types.ProfileItemFamilyName, types.ProfileItemBirthName, types.ProfileItemBirthDate,
		types.ProfileItemBirthPlace, types.ProfileItemNationality,
		types.ProfileItemStreet, types.ProfileItemHouseNumber, types.ProfileItemPostalCode, types.ProfileItemCity,
		types.ProfileItemEmail, types.ProfileItemPhone, types.ProfileItemIban, types.ProfileItemAccountHolder,
		types.ProfileItemChildren, types.ProfileItemVehicles,
	}
}

// parts takes a person's data apart into its items: their names are those of the contract.
func parts(data any) (map[types.ProfileItem]json.RawMessage, error) {
	text, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("take profile apart: %w", err)
	}
	var items map[types.ProfileItem]json.RawMessage
	if err := json.Unmarshal(text, &items); err != nil {
		return nil, fmt.Errorf("take profile apart: %w", err)
	}
	return items, nil
}

// joined puts items together again.
func joined(items map[types.ProfileItem]json.RawMessage, into any) error {
	text, err := json.Marshal(items)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return fmt.Errorf("put profile together: %w", err)
	}
	return nil
}

// changed gives the profile with other data. Items that differ have the new origin; the others keep theirs.
func (p profile) changed(data types.ProfileData, origin itemOrigin) (profile, error) {
	before, err := parts(p.ProfileData)
	if err != nil {
		return p, err
	}
	after, err := parts(data)
	if err != nil {
		return p, err
	}
	next := p
	next.ProfileData, next.Origins = data, map[types.ProfileItem]itemOrigin{}
	for item, value := range after {
		known, ok := p.Origins[item]
		switch {
		case !bytes.Equal(before[item], value) || origin.Verified:
			next.Origins[item] = origin
		case ok:
			next.Origins[item] = known
		}
	}
	return next, nil
}

// with gives the profile's data with some items replaced; only those listed are looked at, all when none is.
func (p profile) with(part types.ProfilePart, only []types.ProfileItem) (types.ProfileData, error) {
	var data types.ProfileData
	items, err := parts(p.ProfileData)
	if err != nil {
		return data, err
	}
	given, err := parts(part)
	if err != nil {
		return data, err
	}
	for item, value := range given {
		if len(only) == 0 || slices.Contains(only, item) {
			items[item] = value
		}
	}
	return data, joined(items, &data)
}

// pick gives those of the person's data that are listed, and where they come from.
func pick(email string, p profile, items []types.ProfileItem) (types.Profile, error) {
	var out types.Profile
	known, err := parts(p.ProfileData)
	if err != nil {
		return out, err
	}
	maps.DeleteFunc(known, func(item types.ProfileItem, _ json.RawMessage) bool { return !slices.Contains(items, item) })
	if err := joined(known, &out); err != nil {
		return out, err
	}
	if slices.Contains(items, types.ProfileItemEmail) {
		out.Email = &email
	}
	var origins []types.ItemOrigin
	for _, item := range Items() { // in this order
		if origin, ok := p.Origins[item]; ok && known[item] != nil {
			origins = append(origins, origin.toAPI(item))
		}
	}
	if len(origins) > 0 {
		out.Origins = &origins
	}
	return out, nil
}

func (o itemOrigin) toAPI(item types.ProfileItem) types.ItemOrigin {
	out := types.ItemOrigin{Item: item, Origin: o.Origin, Verified: o.Verified, At: o.At}
	if o.By != "" {
		out.By = &o.By
	}
	return out
}
