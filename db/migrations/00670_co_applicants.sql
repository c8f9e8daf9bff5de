-- +goose Up

-- People who make an application together with the one who fills it in. sealed holds what they are called and, until they sign in, where the
-- invitation went, inviter who has invited. token_hash is that of the invitation's token; issuer and subject are whoever has accepted it. content_hash is that of the content
-- that was consented to: of a draft, another content's is none.
CREATE TABLE application_co_applicants (
    id             uuid        PRIMARY KEY,
    application_id uuid        NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    state          text        NOT NULL,
    sealed         bytea,
    inviter        bytea,
    issuer         text        NOT NULL DEFAULT '',
    subject        text        NOT NULL DEFAULT '',
    token_hash     bytea,
    token_until    timestamptz,
    trust_level    text        NOT NULL DEFAULT '',
    content_hash   text        NOT NULL DEFAULT '',
    consented_at   timestamptz,
    created_at     timestamptz NOT NULL,
    reminded_at    timestamptz
);

CREATE INDEX application_co_applicants_application ON application_co_applicants (application_id, created_at, id);
CREATE UNIQUE INDEX application_co_applicants_person ON application_co_applicants (issuer, subject, application_id) WHERE subject <> '';
CREATE UNIQUE INDEX application_co_applicants_token ON application_co_applicants (token_hash) WHERE token_hash IS NOT NULL;

-- Mails that have invited, for a day: so that nobody is sent many, also where drafts are deleted in between. Both are keyed hashes.
CREATE TABLE application_invitation_mails (
    sender  bytea       NOT NULL,
    address bytea       NOT NULL,
    at      timestamptz NOT NULL
);

CREATE INDEX application_invitation_mails_sender ON application_invitation_mails (sender, at);
CREATE INDEX application_invitation_mails_address ON application_invitation_mails (address, at);
CREATE INDEX application_invitation_mails_at ON application_invitation_mails (at);
