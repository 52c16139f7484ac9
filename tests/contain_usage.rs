//! Mistakes in flags and files: exit 2, what is wrong and where, and no call that changes anything.

use crate::support::aws::account::VICTIM;
use crate::support::{Env, Run, Scene};

#[track_caller]
fn usage(scene: &Scene, run: &Run, says: &[&str]) {
    assert_eq!(run.code, 2, "{run:?}");
    for text in says {
        assert!(run.stderr.contains(text), "no '{text}' in: {}", run.stderr);
    }
    scene.unchanged();
    assert!(!scene.case().exists(), "no case was opened: {run:?}");
}

#[test]
fn flags_that_say_nothing_or_too_much() {
    let scene = Scene::moto();
    let user = ["leaked-access-key", "--user", VICTIM];
    let more = |more: &[&'static str]| scene.contain(&[&user[..], more].concat());
    usage(
        &scene,
        &scene.contain(&["no-such-playbook", "--yes"]),
        &["no-such-playbook", "leaked-access-key"],
    );
    usage(&scene, &scene.contain(&[]), &["no playbook is given"]);
    usage(&scene, &more(&["--mode", "fast"]), &["fast", "lockdown, rotate"]);
    usage(&scene, &more(&["--set", "nope=1"]), &["has no parameter --nope"]);
    usage(&scene, &more(&["--set", "nope"]), &["NAME=VALUE"]);
    usage(&scene, &more(&["--role", "app"]), &["has no parameter --role"]);
    usage(&scene, &more(&["--probe", "ftp:x", "--mode", "rotate"]), &["ftp:x"]);
    usage(&scene, &more(&["--hold", "1,x"]), &["x"]);
    usage(&scene, &more(&["--settle", "-1"]), &["-1"]);
    usage(&scene, &more(&["--settle", "nan", "--yes"]), &["nan"]);
    usage(&scene, &scene.contain(&["compromised-role", "--yes"]), &["--role is missing"]);
    usage(&scene, &scene.contain(&["leaked-access-key", "--yes"]), &["--access-key or --user"]);
    let key = ["leaked-access-key", "--access-key", "AKIA../../etc/passwd"];
    usage(&scene, &scene.contain(&key), &["access key id"]);
    let file = ["--mode", "rotate", "--secret", "a", "--new-key-file", "b"];
    usage(&scene, &more(&file), &["cannot be used with"]);
    usage(&scene, &scene.contain(&["--apply", "nowhere.json"]), &["nowhere.json"]);
    scene.env.write("text.json", "{\"schema\": 1}");
    usage(&scene, &scene.contain(&["--apply", "text.json"]), &["text.json: not a plan"]);
}

#[test]
fn without_credentials_it_says_so() {
    let env = Env::new();
    let args = ["contain", "turn-on-visibility", "--region", "us-east-1", "--plan-only"];
    let mut command = env.command(&args);
    let ended = command.env("AWS_EC2_METADATA_DISABLED", "true").output().unwrap();
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("no usable credentials"), "{stderr}");
    assert!(stderr.contains("check --profile"), "{stderr}");
}

#[test]
fn nothing_happens_without_a_yes() {
    let scene = Scene::moto();
    usage(&scene, &scene.contain_victim(&[]), &["approval", "--yes"]);
    let second = scene.account.victim[1].id.as_str();
    let rotate = ["--mode", "rotate", "--all-keys", "--new-key-file", "k"];
    let delete = [&rotate[..], &["--delete-key", second]].concat();
    let run = scene.contain_victim(&[&delete[..], &["--yes"]].concat());
    usage(&scene, &run, &["is irreversible", "--irreversible"]);
    let run =
        scene.contain_victim(&[&delete[..], &["--yes", "--irreversible", "AKIAWRONG"]].concat());
    usage(&scene, &run, &["is irreversible"]);
    // A saved plan is no leave to delete.
    let run = scene.contain_victim(&[&delete[..], &["--plan-only", "-o", "plan.json"]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    usage(&scene, &scene.contain(&["--apply", "plan.json"]), &["is irreversible"]);
    let run = scene.contain_victim(&[&delete[..], &["--yes", "--irreversible", second]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(scene.key_status(second), None);
}

const HEAD: &str = "id = \"mine\"\ntitle = \"Mine\"\nwhen-to-use = \"x\"\nevidence = \"first\"\n";

#[test]
fn playbooks_with_mistakes_say_where() {
    let scene = Scene::moto();
    let parameter = "[parameters.user]\ntype = \"user\"\nhelp = \"x\"\n";
    for (name, text, says) in [
        ("key", format!("{HEAD}nope = 1\nsteps = []\n"), &["line 5, column 1", "nope"][..]),
        (
            "deep",
            format!("{HEAD}[[steps]]\nstep = \"hold\"\nurgnt = true\n"),
            &["line 7, column 1", "urgnt"],
        ),
        ("type", format!("{HEAD}steps = 3\n"), &["line 5", "steps"]),
        ("broken", format!("{HEAD}steps = [\n"), &["line"]),
        ("late", "id = \"x\"\nevidence = \"later\"\n".into(), &["line 2", "later"]),
        (
            "kind",
            format!("{HEAD}steps = []\n[parameters.a]\ntype = \"usr\"\nhelp = \"\"\n"),
            &["line 7", "usr"],
        ),
        (
            "from",
            format!("{HEAD}[[steps]]\nstep = \"iam.deny-user\"\nwith = {{ user = \"{{usr}}\" }}\n"),
            &["{usr}"],
        ),
        (
            "each",
            format!("{HEAD}[[steps]]\nstep = \"hold\"\neach = \"bucket\"\n"),
            &["each = 'bucket'", "does not declare"],
        ),
        ("step", format!("{HEAD}[[steps]]\nstep = \"iam.fly\"\n"), &["iam.fly"]),
        ("needs", format!("{HEAD}[[steps]]\nstep = \"iam.deny-user\"\n"), &["user"]),
        (
            "takes",
            format!(
                "{HEAD}{parameter}[[steps]]\nstep = \"iam.deny-user\"\nwith = {{ user = \"{{user}}\", colour = \"red\" }}\n"
            ),
            &["colour"],
        ),
        (
            "value",
            format!(
                "{HEAD}[parameters.mode]\ntype = \"choice\"\nchoices = [\"a\"]\nhelp = \"\"\n[[steps]]\nstep = \"hold\"\nwhen = {{ mode = \"b\" }}\n"
            ),
            &["mode = 'b'"],
        ),
        ("collect", format!("{HEAD}collect = [\"usr\"]\nsteps = []\n"), &["'usr'"]),
        (
            "when",
            format!(
                "{HEAD}{parameter}[[steps]]\nstep = \"hold\"\nwhen = {{ moood = \"lockdown\" }}\n"
            ),
            &["moood"],
        ),
    ] {
        let file = scene.env.write(&format!("{name}.toml"), text);
        let file = file.to_str().unwrap();
        let check = scene.run(&["playbook", "check", file]);
        assert_eq!(check.code, 2, "{name}: {check:?}");
        for text in says {
            let said = format!("{}{}", check.stdout, check.stderr);
            assert!(said.contains(text), "{name}: no '{text}' in {said}");
        }
        let mut args = vec!["--playbook", file, "--yes"];
        if name == "takes" || name == "when" {
            args.extend(["--user", VICTIM]);
        }
        let run = scene.contain(&args);
        usage(&scene, &run, says);
    }
}

#[test]
fn a_mistake_in_toml_is_shown_over_lines() {
    let env = Env::new();
    env.write("mine.toml", format!("{HEAD}nope = \"\u{1b}[2J\"\nsteps = []\n"));
    let run = env.run(&["playbook", "check", "mine.toml"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(lines[0], "error: mine.toml: TOML parse error at line 5, column 9", "{run:?}");
    assert_eq!(lines[2], "5 | nope = \"\\x1b[2J\"", "{run:?}");
    assert!(lines[3].trim_start_matches([' ', '|']).starts_with('^'), "{run:?}");
    assert!(lines.len() > 4 && !run.stderr.contains("\\n"), "{run:?}");
}
