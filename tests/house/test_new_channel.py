"""docs/adding-a-channel.md and docs/adding-a-provider.md are true: each is new files alone, and everything else finds them."""

from tests.house.newcomer import run_tests, tree_with

# What the house asks of every channel and provider.
HOUSE = ("tests/channels", "tests/providers/carriers/test_carriers.py", "tests/actions/test_add_sender.py")


def test_a_channel_is_new_files_alone(tmp_path, postgres_server):
    run_tests(tree_with("channel", tmp_path), "tests/webapp/test_whatsapp.py", *HOUSE)


def test_a_provider_is_new_files_alone(tmp_path, postgres_server):
    run_tests(tree_with("provider", tmp_path), "tests/webapp/test_pigeon_post.py", *HOUSE)
