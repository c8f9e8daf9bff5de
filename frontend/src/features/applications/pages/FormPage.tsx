import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Navigate } from "@tanstack/react-router";
import { sessionQuery } from "../../../api/session";
import { applicationQuery, formQuery } from "../api";
import { ActingNeeded, actsRightly } from "../parts/ActingNeeded";
import { DraftForm } from "../parts/DraftForm";

const route = getRouteApi("/citizen/personal/antraege/$applicationId/bearbeiten");

/** Fills in a draft. What was submitted can no longer be changed, nor what somebody else fills in: that is shown instead. */
export default function FormPage() {
  const { applicationId } = route.useParams();
  const { data: application } = useSuspenseQuery({
    ...applicationQuery(applicationId),
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const { formId, formVersion, state, coApplicant } = application.data;
  const { data: session } = useSuspenseQuery(sessionQuery);
  const { data: definition } = useSuspenseQuery(formQuery(formId, formVersion));
  if (state !== "draft" || coApplicant !== undefined) {
    return <Navigate to="/antraege/$applicationId" params={{ applicationId }} replace />;
  }
  if (!actsRightly(application.data, session)) {
    return <ActingNeeded application={application.data} session={session} />;
  }
  return <DraftForm key={applicationId} draft={application} definition={definition} />;
}
