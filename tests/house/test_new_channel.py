"""docs/adding-a-channel.md and docs/adding-a-provider.md hold: each needs only new files, which everything else finds."""

from tests.house.newcomer import run_tests, tree_with

# The tests of every channel and provider.
HOUSE = ("tests/channels", "tests/providers/carriers/test_carriers.py", "tests/actions/test_add_sender.py")


def test_a_channel_needs_only_new_files(tmp_path, postgres_server):
    run_tests(tree_with("channel", tmp_path), "tests/webapp/test_whatsapp.py", *HOUSE)


def test_a_provider_needs_only_new_files(tmp_path, postgres_server):
    run_tests(tree_with("provider", tmp_path), "tests/webapp/test_pigeon_post.py", *HOUSE)
