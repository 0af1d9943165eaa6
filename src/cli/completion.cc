// warder completion: scripts for the shells, made from the command tree.
#include <fmt/format.h>

#include <ostream>

#include "cli/commands.h"
#include "cli/tree_docs.h"

namespace warder::cli {
namespace {

/// In single quotes for sh-like shells and fish alike.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out.append("'\\''");
    } else {
      out.push_back(c);
    }
  }
  return out + "'";
}

/// "<path so far> <word>" of every command: how the scripts find out where on the tree they are.
std::string steps(const CommandDocs& root, std::string_view separator) {
  std::string out;
  for (const CommandDocs* command : all_commands(root)) {
    for (const CommandDocs& inner : command->commands) {
      out.append(out.empty() ? "" : separator).append(in_quotes(command->path + " " + inner.name));
    }
  }
  return out;
}

/// What can follow a command: its commands and options and the global options.
std::string words(const CommandDocs& root, const CommandDocs& command) {
  std::string out;
  for (const CommandDocs& inner : command.commands) out.append(inner.name).append(" ");
  const auto append_options = [&](const CommandDocs& from) {
    for (const OptionDocs& option : from.options) {
      if (!option.is_positional) out.append(option.names.front()).append(" ");
    }
  };
  append_options(command);
  if (&command != &root) append_options(root);
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

std::string word_cases(const CommandDocs& root) {
  std::string out;
  for (const CommandDocs* command : all_commands(root)) {
    out.append(fmt::format("    {}) words={} ;;\n", in_quotes(command->path), in_quotes(words(root, *command))));
  }
  return out;
}

std::string fish_line(const CommandDocs& command, std::string_view what, std::string_view doc) {
  return fmt::format("complete -c warder -n {} {} -d {}\n", in_quotes("__warder_at " + in_quotes(command.path)), what,
                     in_quotes(doc));
}

}  // namespace

std::string bash_completion(const CommandDocs& root) {
  return fmt::format(R"(# bash completion for warder
_warder() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} at='' word words=''
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$at $word" in
    {}) at=${{at:+$at }}$word ;;
    esac
  done
  case "$at" in
{}  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}}
complete -o default -F _warder warder
)",
                     steps(root, " | "), word_cases(root));
}

std::string zsh_completion(const CommandDocs& root) {
  return fmt::format(R"(#compdef warder
_warder() {{
  local at='' word known=''
  for word in "${{(@)words[2,CURRENT-1]}}"; do
    case "$at $word" in
    {}) at=${{at:+$at }}$word ;;
    esac
  done
  () {{
    local words=''
    case "$at" in
{}    esac
    known=$words
  }}
  compadd -- ${{=known}}
  _files
}}
compdef _warder warder
)",
                     steps(root, " | "), word_cases(root));
}

std::string fish_completion(const CommandDocs& root) {
  std::string out = fmt::format(R"(# fish completion for warder
function __warder_at
  set -l at ''
  for word in (commandline -opc)[2..-1]
    switch "$at $word"
      case {}
        set at (string trim -- "$at $word")
    end
  end
  test "$at" = "$argv[1]"
end
)",
                                steps(root, " "));
  for (const CommandDocs* command : all_commands(root)) {
    for (const CommandDocs& inner : command->commands) out.append(fish_line(*command, "-a " + inner.name, inner.doc));
    for (const OptionDocs& option : command->options) {
      if (option.is_positional || !option.names.front().starts_with("--")) continue;
      const std::string what = "-l " + option.names.front().substr(2) + (option.has_value ? " -r" : "");
      out.append(fish_line(*command, what, option.doc));
    }
  }
  return out;
}

void add_completion(Tree& tree) {
  CLI::App& group = add_group(tree, "completion", "Completion scripts for the shell");
  const auto add_shell = [&](const char* name, const char* doc, std::string (*script)(const CommandDocs&)) {
    add_command(tree, group, name, doc, [&root = tree.root, script](Session& session) -> Result<ExitCode> {
      session.environment().out << script(docs_of(root));
      return ExitCode::Ok;
    });
  };
  add_shell("bash", "Print the script: source <(warder completion bash)", bash_completion);
  add_shell("zsh", "Print the script: source <(warder completion zsh)", zsh_completion);
  add_shell("fish", "Print the script: warder completion fish | source", fish_completion);
}

}  // namespace warder::cli
