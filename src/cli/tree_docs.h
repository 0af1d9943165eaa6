// The command tree as data: what completions and manual pages are made from.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace warder::cli {

struct OptionDocs {
  std::vector<std::string> names;  // "--follow", "-f"; a positional has one, without dashes
  std::string doc;
  bool is_positional = false;
  bool is_required = false;
  bool has_value = false;
};

struct CommandDocs {
  std::string path;  // "agents list"; empty for the program itself
  std::string name;
  std::string doc;
  std::vector<OptionDocs> options;
  std::vector<CommandDocs> commands;
};

CommandDocs docs_of(const CLI::App& root);

/// Every command of the tree, parents first.
std::vector<const CommandDocs*> all_commands(const CommandDocs& root);

/// Scripts to be sourced by the shell.
std::string bash_completion(const CommandDocs& root);
std::string zsh_completion(const CommandDocs& root);
std::string fish_completion(const CommandDocs& root);

/// The manual in roff (man(7)): page "warder" and a page "warder-<group>" for each group, by file name.
std::vector<std::pair<std::string, std::string>> manual_pages(const CommandDocs& root);

}  // namespace warder::cli
