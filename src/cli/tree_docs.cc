#include "cli/tree_docs.h"

namespace warder::cli {
namespace {

OptionDocs docs_of(const CLI::Option& option) {
  OptionDocs docs;
  docs.doc = option.get_description();
  docs.is_required = option.get_required();
  docs.has_value = option.get_items_expected_max() > 0;
  docs.is_positional = option.get_positional();
  if (docs.is_positional) {
    docs.names.push_back(option.get_name(true, false));
    return docs;
  }
  for (const std::string& name : option.get_lnames()) docs.names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) docs.names.push_back("-" + name);
  return docs;
}

CommandDocs docs_of(const CLI::App& app, const std::string& path) {
  CommandDocs docs{path, app.get_name(), app.get_description(), {}, {}};
  for (const CLI::Option* option : app.get_options()) docs.options.push_back(docs_of(*option));
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    docs.commands.push_back(docs_of(*command, path.empty() ? command->get_name() : path + " " + command->get_name()));
  }
  return docs;
}

void append_all(const CommandDocs& command, std::vector<const CommandDocs*>& out) {
  out.push_back(&command);
  for (const CommandDocs& inner : command.commands) append_all(inner, out);
}

}  // namespace

CommandDocs docs_of(const CLI::App& root) {
  return docs_of(root, "");
}

std::vector<const CommandDocs*> all_commands(const CommandDocs& root) {
  std::vector<const CommandDocs*> out;
  append_all(root, out);
  return out;
}

}  // namespace warder::cli
