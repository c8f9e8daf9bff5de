import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, Navigate } from "@tanstack/react-router";
import { applicationQuery, formQuery } from "../api";
import { DraftForm } from "../parts/DraftForm";

const route = getRouteApi("/citizen/personal/antraege/$applicationId/bearbeiten");

/** Fills in a draft. What was submitted can no longer be changed, and is shown instead. */
export default function FormPage() {
  const { applicationId } = route.useParams();
  const { data: application } = useSuspenseQuery({
    ...applicationQuery(applicationId),
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const { formId, formVersion, state } = application.data;
  const { data: definition } = useSuspenseQuery(formQuery(formId, formVersion));
  if (state !== "draft") {
    return <Navigate to="/antraege/$applicationId" params={{ applicationId }} replace />;
  }
  return <DraftForm key={applicationId} draft={application} definition={definition} />;
}
