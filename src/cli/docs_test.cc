// Completions and manual pages follow the command tree.
#include <gtest/gtest.h>

#include <sstream>

#include "base/file.h"
#include "base/process.h"
#include "cli/run.h"

namespace warder::cli {
namespace {

/// What `warder <arguments>` prints.
std::string printed(const std::vector<std::string>& arguments) {
  std::ostringstream out;
  std::ostringstream err;
  std::istringstream in;
  Environment environment{out, err, in};
  environment.variable = [](const std::string&) { return std::nullopt; };
  EXPECT_EQ(run(arguments, environment), 0) << err.str();
  return out.str();
}

struct Completion {
  std::string_view words;  // what stands on the line, the last one unfinished
  std::string_view wanted;
};
constexpr Completion kCompletions[] = {
    {"warder ag", "agents"},
    {"warder agents sho", "show"},
    {"warder agents list --sta", "--state"},
    {"warder agents list --js", "--json"},
    {"warder --json events tai", "tail"},
};

TEST(Completion, WorksInBash) {
  const std::string script = printed({"completion", "bash"});
  for (const auto& c : kCompletions) {
    SCOPED_TRACE(c.words);
    const std::string test = script + "COMP_WORDS=(" + std::string(c.words) +
                             "); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _warder; echo \"${COMPREPLY[*]}\"\n";
    ProcessOptions options;
    options.input = test;
    const auto output = run_process({"bash", "--norc"}, options);
    ASSERT_TRUE(output) << output.error().message;
    EXPECT_EQ(output->out, std::string(c.wanted) + "\n") << output->err;
  }
}

TEST(Completion, IsValidForEveryShellThatIsThere) {
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    ProcessOptions options;
    options.input = printed({"completion", shell});
    EXPECT_NE(options.input.find("maintenance-token"), std::string::npos);
    const auto output = run_process({shell, "-n"}, options);
    if (!output) continue;  // this shell is not installed
    EXPECT_EQ(output->exit_code, 0) << shell << ": " << output->err;
  }
}

TEST(Manual, IsTheOneThatIsCheckedIn) {
  std::string pattern = std::filesystem::temp_directory_path() / "warder-man-XXXXXX";
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  printed({"man", "--output", pattern});
  std::size_t pages = 0;
  for (const auto& page : std::filesystem::directory_iterator(pattern)) {
    const auto kept = read_file(std::filesystem::path(WARDER_SOURCE_DIR "/packaging/man") / page.path().filename());
    EXPECT_TRUE(kept && *kept == *read_file(page.path()))
        << page.path().filename() << " differs: run `warder man --output packaging/man`";
    ++pages;
  }
  EXPECT_GT(pages, 8U);
  std::filesystem::remove_all(pattern);
}

TEST(Manual, PrintsOnePage) {
  EXPECT_TRUE(printed({"man"}).starts_with(".TH WARDER 1"));
  const std::string page = printed({"man", "events"});
  EXPECT_NE(page.find(".SS \\fBwarder events list\\fR [\\fIfilter\\fR] [\\fIoptions\\fR]\n"), std::string::npos)
      << page;
  EXPECT_NE(page.find("\\fB\\-\\-follow, \\-f\\fR"), std::string::npos);
}

}  // namespace
}  // namespace warder::cli
