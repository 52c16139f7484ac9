//! `iam.tag-user`: a tag names the owner of `AWSDenyAll` on a user.

use super::mechanism::holder::Holder;
use super::mechanism::owner_tag::OwnerTag;
use super::model::{Meta, Risk, UndoKind};

static META: Meta = Meta {
    id: "iam.tag-user",
    title: "Tag the user with the case, the author and the date of AWSDenyAll",
    risk: Risk::Low,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["user"],
    takes: &[],
    reads: &["iam:ListUserTags"],
    writes: &["iam:TagUser", "iam:UntagUser"],
};

pub static STEP: OwnerTag = OwnerTag { meta: &META, holder: Holder::User };

#[cfg(test)]
mod tests {
    use super::super::mechanism::owner_tag::testing;

    #[test]
    fn it_writes_one_tag_and_its_undo_takes_back_this_one_alone() {
        testing::check(&super::STEP);
    }
}
