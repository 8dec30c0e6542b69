// The page has <script src="{origin}/rex.js" defer></script>
const lead = await rex.capture({ email: "ada@example.com", form: "{form}" });
console.log("captured", lead.id);
