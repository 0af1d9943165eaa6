// warder man: the manual pages, made from the command tree.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <system_error>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/tree_docs.h"

namespace warder::cli {
namespace {

/// Text in roff: dashes that stay dashes, backslashes that are printed, no line that is taken for a request.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '-') {
      out.append("\\-");
    } else if (c == '\\') {
      out.append("\\e");
    } else {
      out.push_back(c);
    }
  }
  if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
  return out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return out;
}

std::string heading(std::string_view page, std::string_view doc) {
  return fmt::format(".TH {} 1 \"\" Warder \"Warder manual\"\n.SH NAME\n{} \\- {}\n", upper(page), roff(page),
                     roff(doc));
}

std::string option_names(const OptionDocs& option) {
  std::string names;
  for (const std::string& name : option.names) names.append(names.empty() ? "" : ", ").append(name);
  if (option.has_value && !option.is_positional) names.append(" VALUE");
  return names;
}

std::string options(const CommandDocs& command) {
  std::string out;
  for (const OptionDocs& option : command.options) {
    if (option.is_positional || option.names.front() == "--help") continue;
    out.append(fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(option_names(option)), roff(option.doc)));
  }
  return out;
}

/// "warder agents show agent [options]", and below it what each part means.
std::string command_entry(const CommandDocs& command) {
  std::string usage = "\\fBwarder " + roff(command.path) + "\\fR";
  std::string positionals;
  for (const OptionDocs& option : command.options) {
    if (!option.is_positional) continue;
    const std::string name = "\\fI" + roff(option.names.front()) + "\\fR";
    usage.append(option.is_required ? " " + name : " [" + name + "]");
    positionals.append(fmt::format(".TP\n{}\n{}\n", name, roff(option.doc)));
  }
  const std::string own = options(command);
  if (!own.empty()) usage.append(" [\\fIoptions\\fR]");
  return fmt::format(".SS {}\n{}.\n{}{}", usage, roff(command.doc), positionals, own);
}

constexpr std::string_view kMainTail = R"(.SH EXIT STATUS
.TP
0
done
.TP
1
failed; the reason is on standard error
.TP
2
the command line is wrong
.TP
3
done, and something is wrong with what was looked at (doctor, audit verify)
.SH ENVIRONMENT
.TP
WARDER_URL, WARDER_CA_FILE, WARDER_TOKEN
used where neither an option nor an earlier login says otherwise
.TP
WARDER_CONFIG_DIR
where the login is kept
.TP
NO_COLOR
no colours, whatever its value
.TP
LANG
the language of event texts: ja or else English
.SH FILES
.TP
~/.config/warder/credentials.json
manager and token of the last login, readable by its owner alone
)";

std::string group_page(const CommandDocs& group) {
  const std::string page = "warder-" + group.name;
  std::string out = heading(page, group.doc);
  out.append(fmt::format(".SH SYNOPSIS\n\\fBwarder {}\\fR \\fIcommand\\fR [\\fIoptions\\fR]\n.SH COMMANDS\n",
                         roff(group.name)));
  for (const CommandDocs& command : group.commands) out.append(command_entry(command));
  return out + ".SH SEE ALSO\n.BR warder (1)\n";
}

std::string main_page(const CommandDocs& root) {
  std::string out = heading("warder", root.doc);
  out.append(".SH SYNOPSIS\n\\fBwarder\\fR \\fIcommand\\fR [\\fIoptions\\fR]\n.SH COMMANDS\n");
  std::string see_also;
  for (const CommandDocs& command : root.commands) {
    if (command.commands.empty()) {
      out.append(command_entry(command));
      continue;
    }
    out.append(fmt::format(".SS \\fBwarder {0}\\fR \\fIcommand\\fR\n{1}; see\n.BR warder\\-{0} (1).\n",
                           roff(command.name), roff(command.doc)));
    see_also.append(see_also.empty() ? "" : " ,\n").append(fmt::format(".BR warder\\-{} (1)", roff(command.name)));
  }
  out.append(".SH GLOBAL OPTIONS\n").append(options(root)).append(kMainTail);
  return out + ".SH SEE ALSO\n" + see_also + "\n";
}

Result<ExitCode> write_pages(const std::vector<std::pair<std::string, std::string>>& pages,
                             const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail_errno(folder.string(), error.value());
  for (const auto& [name, text] : pages) WD_TRY(write_file_atomically(folder / name, text, 0644));
  return ExitCode::Ok;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> manual_pages(const CommandDocs& root) {
  std::vector<std::pair<std::string, std::string>> pages{{"warder.1", main_page(root)}};
  for (const CommandDocs& command : root.commands) {
    if (!command.commands.empty()) pages.emplace_back("warder-" + command.name + ".1", group_page(command));
  }
  return pages;
}

void add_man(Tree& tree) {
  struct Arguments {
    std::string page = "warder";
    std::string folder;
  };
  const auto arguments = std::make_shared<Arguments>();
  const auto action = [arguments, &root = tree.root](Session& session) -> Result<ExitCode> {
    const auto pages = manual_pages(docs_of(root));
    if (!arguments->folder.empty()) return write_pages(pages, arguments->folder);
    for (const auto& [name, text] : pages) {
      if (name != arguments->page + ".1" && name != "warder-" + arguments->page + ".1") continue;
      session.environment().out << text;
      return ExitCode::Ok;
    }
    return fail(ErrorCode::NotFound, "there is no page \"" + arguments->page + "\"");
  };
  CLI::App& command = add_command(tree, tree.root, "man", "Print a manual page: warder man events | man -l -", action);
  command.add_option("page", arguments->page, "warder or a group like agents");
  command.add_option("--output", arguments->folder, "Folder to write all pages to");
}

}  // namespace warder::cli
