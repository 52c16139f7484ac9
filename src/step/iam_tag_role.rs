//! `iam.tag-role`: a tag names the owner of `AWSDenyAll` on a role.

use super::mechanism::holder::Holder;
use super::mechanism::owner_tag::OwnerTag;
use super::model::{Meta, Risk, UndoKind};

static META: Meta = Meta {
    id: "iam.tag-role",
    title: "Tag the role with the case, the author and the date of AWSDenyAll",
    risk: Risk::Low,
    undo: UndoKind::Exact,
    loss: "",
    needs: &["role"],
    takes: &[],
    reads: &["iam:ListRoleTags"],
    writes: &["iam:TagRole", "iam:UntagRole"],
};

pub static STEP: OwnerTag = OwnerTag { meta: &META, holder: Holder::Role };

#[cfg(test)]
mod tests {
    use super::super::mechanism::owner_tag::testing;

    #[test]
    fn it_writes_one_tag_and_its_undo_takes_back_this_one_alone() {
        testing::check(&super::STEP);
    }
}
