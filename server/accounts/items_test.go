package accounts

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"portalverbund/api/types"
	"portalverbund/server/platform/problem"
)

func TestIBAN(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"DE89 3704 0044 0532 0130 00": "DE89370400440532013000",
		"nl91abna0417164300":          "NL91ABNA0417164300",
		"DE88 3704 0044 0532 0130 00": "", // a check digit
		"DE89 3704 0044 0532 0103 00": "", // two digits changed places
		"DE8937040044053201300":       "", // too short
		"DE89 3704 0044 0532 0130 0O": "", // a letter for a digit
		"keine":                       "",
	} {
		if tidy, ok := parseIBAN(text); ok != (want != "") || ok && tidy != want {
			t.Errorf("%q: %q %v", text, tidy, ok)
		}
	}
}

// origin gives where an item of a profile comes from; nil for one that is not listed.
func origin(p types.Profile, item types.ProfileItem) *types.ItemOrigin {
	if p.Origins == nil {
		return nil
	}
	if i := slices.IndexFunc(*p.Origins, func(o types.ItemOrigin) bool { return o.Item == item }); i >= 0 {
		return &(*p.Origins)[i]
	}
	return nil
}

func text(s string) *string { return &s }

func TestUpdateProfile_VerifiedItemChangedByHand_LosesItsMarkAndOthersKeepTheirs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.citizen("clara@example.org")
	must(t, w.service.TakeOverVerified(t.Context(), id, types.Bundid, "", types.ProfilePart{FamilyName: text("Beispiel"), City: text("Meppen")}))
	before, tag, err := w.service.Profile(w.as(id))
	must(t, err)
	for _, item := range []types.ProfileItem{types.ProfileItemFamilyName, types.ProfileItemCity} {
		if o := origin(before, item); o == nil || !o.Verified || o.Origin != types.Bundid {
			t.Fatalf("%s: %+v", item, o)
		}
	}
	after, _, err := w.service.UpdateProfile(w.as(id), tag, types.ProfileData{GivenName: "Clara", FamilyName: "Beispiel", City: text("Lathen"), Phone: text("05931 1")})
	must(t, err)
	if o := origin(after, types.ProfileItemFamilyName); o == nil || !o.Verified {
		t.Errorf("the name was not changed: %+v", o)
	}
	for _, item := range []types.ProfileItem{types.ProfileItemCity, types.ProfileItemPhone} {
		if o := origin(after, item); o == nil || o.Verified || o.Origin != types.Self {
			t.Errorf("%s: %+v", item, o)
		}
	}
}

func TestUpdateProfile_WrongItems_AllNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.citizen("clara@example.org")
	_, tag, err := w.service.Profile(w.as(id))
	must(t, err)
	_, _, err = w.service.UpdateProfile(w.as(id), tag, types.ProfileData{
		GivenName: "Clara", FamilyName: "Beispiel", Iban: text("DE00 1234"),
		Children: &[]types.ProfileChild{{GivenName: "Anna"}, {GivenName: " ", BirthDate: Birthday(1700, 1, 1)}},
		Vehicles: &[]types.ProfileVehicle{{Plate: "?"}},
	})
	var pointers []string
	for _, f := range problem.From(err).Fields {
		pointers = append(pointers, f.Pointer)
	}
	if want := []string{"/iban", "/children/1/givenName", "/children/1/birthDate", "/vehicles/0/plate"}; !slices.Equal(pointers, want) {
		t.Errorf("%v", pointers)
	}
	saved, _, err := w.service.UpdateProfile(w.as(id), tag, types.ProfileData{
		GivenName: "Clara", FamilyName: "Beispiel", Iban: text("de89 3704 0044 0532 0130 00"),
		Children: &[]types.ProfileChild{{GivenName: " Anna "}}, Vehicles: &[]types.ProfileVehicle{{Plate: "el-ab  123"}},
	})
	must(t, err)
	if *saved.Iban != "DE89370400440532013000" || (*saved.Children)[0].GivenName != "Anna" || (*saved.Vehicles)[0].Plate != "EL-AB 123" {
		t.Errorf("%+v", saved)
	}
}

func TestConsent_CoversOnlyWhatTheServiceAsksFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.citizen("clara@example.org")
	w.asked = []types.ProfileItem{types.ProfileItemGivenName}
	service := uuid.New()
	consent, err := w.service.GiveConsent(w.as(id), service)
	must(t, err)
	if !slices.Equal(consent.Items, w.asked) {
		t.Errorf("items %v", consent.Items)
	}
	data, err := w.service.ReadConsented(t.Context(), id, w.service.Self.Id, service.String())
	must(t, err)
	if data.GivenName == nil || data.FamilyName != nil || data.Email != nil {
		t.Errorf("read %+v", data)
	}
}

func TestProposal_ArrivesTwice_WaitsOnceAndOnlyItsOwnerTakesItOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	clara, bernd := w.citizen("clara@example.org"), w.citizen("bernd@example.org")
	m := types.MessageProposal{Id: uuid.New(), Person: clara.String(), Purpose: map[string]string{"de": "Hund anmelden"}, At: w.now,
		Data: types.ProfilePart{Phone: text("05931 1"), City: text("Meppen")}}
	must(t, w.receive("https://meppen.example", kindProposal, m))
	must(t, w.receive("https://meppen.example", kindProposal, m))
	waiting, err := w.service.Proposals(w.as(clara))
	must(t, err)
	if len(waiting) != 1 || waiting[0].From != "Stadt Meppen" || *waiting[0].Data.Phone != "05931 1" {
		t.Fatalf("%+v", waiting)
	}
	before, _, err := w.service.Profile(w.as(clara))
	must(t, err)
	if before.Phone != nil {
		t.Error("a portal has changed the profile by itself")
	}
	if _, _, err := w.service.AcceptProposal(w.as(bernd), waiting[0].Id, []types.ProfileItem{types.ProfileItemPhone}); code(err) != "proposal-unknown" {
		t.Errorf("somebody else: %v", err)
	}
	after, _, err := w.service.AcceptProposal(w.as(clara), waiting[0].Id, []types.ProfileItem{types.ProfileItemPhone})
	must(t, err)
	if after.Phone == nil || after.City != nil {
		t.Errorf("taken over: %+v", after)
	}
	if code(w.service.DiscardProposal(w.as(clara), waiting[0].Id)) != "proposal-unknown" {
		t.Error("a proposal counts twice")
	}
}
