// Shows the contract. Nothing is loaded from elsewhere, and no validator is asked.
window.SwaggerUIBundle({
  url: "/docs/openapi.yaml",
  dom_id: "#api",
  deepLinking: true,
  validatorUrl: null,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  supportedSubmitMethods: ["get"],
});
