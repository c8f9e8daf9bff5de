import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { ApiProblem } from "../api/problem";
import { portalQuery } from "../api/portal";
import { sessionQuery } from "../api/session";
import { Loading } from "../ui/Loading";
import { StatusProvider } from "../ui/Status";
import { createAppRouter } from "./router";

/** Reads are tried again when the portal was not reached or is overloaded, not when it said no. */
function shouldRetry(failures: number, error: Error): boolean {
  if (error instanceof ApiProblem && error.status < 500) return false;
  return failures < 2;
}

function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { retry: shouldRetry, staleTime: 10_000, networkMode: "always" },
      mutations: { retry: false, networkMode: "always" },
    },
  });
}

/** Whether it is known at which portal and who is there, or that it cannot be: then the router says so. */
function useReady(client: QueryClient): boolean {
  const [ready, setReady] = useState(false);
  useEffect(() => {
    void Promise.allSettled([client.ensureQueryData(portalQuery), client.ensureQueryData(sessionQuery)]).then(
      () => setReady(true),
    );
  }, [client]);
  return ready;
}

/** The application: server state, router, and the place for short messages. */
export function App() {
  const [queryClient] = useState(createQueryClient);
  const [router] = useState(() => createAppRouter(queryClient));
  const ready = useReady(queryClient);
  return (
    <QueryClientProvider client={queryClient}>
      <StatusProvider>
        {ready ? (
          <RouterProvider router={router} />
        ) : (
          <div className="pv-late">
            <Loading />
          </div>
        )}
      </StatusProvider>
    </QueryClientProvider>
  );
}
