//! The stages: what stands behind and below every product. All share the wall with its arch, so
//! that pictures side by side look like one terrace.

use super::{
    colour::{BARK, Colour, EARTH, JUTE, Tint, WOOD},
    geometry::{Dice, Path, Point},
    svg::Drawing,
};

/// Where things stand on the ledge.
pub(super) const FLOOR: f64 = 346.0;

/// Where the soil begins in a bed.
pub(super) const BED: f64 = 326.0;

/// Where the soil begins when we look into it.
pub(super) const GROUND: f64 = 262.0;

/// The middle of a picture.
pub(super) const MIDDLE: f64 = 200.0;

/// A wall with an arch, and a ledge on which things stand and throw a shadow. `shadow` is half its
/// width.
pub(super) fn ledge(d: &mut Drawing, tint: Tint, shadow: f64) {
    wall(d, tint, 322.0);
    d.flat(&block((0.0, 322.0), (400.0, 78.0)), tint.ledge);
    d.flat(&block((0.0, 322.0), (400.0, 4.0)), tint.arch);
    cast(d, tint, (MIDDLE, FLOOR), shadow);
}

/// A wall with a wooden rail, and the peg from which something hangs.
pub(super) fn rail(d: &mut Drawing, tint: Tint) {
    wall(d, tint, 400.0);
    let board = Path::polygon(&[(-4.0, 52.0), (404.0, 52.0), (404.0, 84.0), (-4.0, 84.0)]);
    d.shape(&board, WOOD);
    d.flat(&block((0.0, 75.0), (400.0, 8.0)), WOOD.shade());
    d.flat(&block((0.0, 54.0), (400.0, 3.0)), WOOD.light());
    for x in [72.0, 328.0] {
        d.disc((x, 68.0), 9.0, BARK);
    }
    d.disc((MIDDLE, 68.0), 11.0, BARK);
}

/// The shadow of something that stands at a point of the ledge.
pub(super) fn cast(d: &mut Drawing, tint: Tint, (x, y): Point, half: f64) {
    let shadow = Path::ellipse((x + half * 0.22, y), half, 5.0 + half * 0.07);
    d.flat(&shadow, tint.ledge.mix(Colour(0x3b_4a45), 0.22));
}

/// A garden bed: a mound of earth in front of the wall.
pub(super) fn bed(d: &mut Drawing, tint: Tint) {
    wall(d, tint, 340.0);
    d.flat(&block((0.0, 340.0), (400.0, 60.0)), tint.ledge);
    let mound = Path::from((44.0, 356.0))
        .cubic((70.0, 318.0), (330.0, 318.0), (356.0, 356.0))
        .quad((200.0, 372.0), (44.0, 356.0))
        .close();
    d.shape(&mound, EARTH);
    let far = Path::from((350.0, 354.0))
        .cubic((330.0, 332.0), (262.0, 326.0), (230.0, 328.0))
        .cubic((300.0, 336.0), (290.0, 356.0), (200.0, 365.0))
        .quad((300.0, 366.0), (350.0, 354.0))
        .close();
    d.flat(&far, EARTH.shade());
    let crumbs = [
        (84.0, 349.0),
        (120.0, 341.0),
        (150.0, 354.0),
        (186.0, 346.0),
        (232.0, 352.0),
    ];
    d.specks(&crumbs, EARTH.mix(Colour(0xe2_c19a), 0.45), 6.0);
}

/// Earth heaped up where something stands in the ground.
pub(super) fn clods(d: &mut Drawing, half: f64) {
    let heap = Path::from((MIDDLE - half, 346.0))
        .cubic(
            (MIDDLE - half * 0.7, 322.0),
            (MIDDLE - half * 0.2, 336.0),
            (MIDDLE, 328.0),
        )
        .cubic(
            (MIDDLE + half * 0.3, 320.0),
            (MIDDLE + half * 0.7, 324.0),
            (MIDDLE + half, 346.0),
        )
        .quad((MIDDLE, 360.0), (MIDDLE - half, 346.0))
        .close();
    d.shape(&heap, EARTH);
    let crumbs = [(-0.6, 342.0), (-0.2, 338.0), (0.1, 346.0), (0.5, 338.0)]
        .map(|(x, y)| (MIDDLE + half * x, y));
    d.specks(&crumbs, EARTH.mix(JUTE, 0.5), 5.0);
}

/// A cut through the ground: what grows shows its bulb.
pub(super) fn section(d: &mut Drawing, tint: Tint) {
    wall(d, tint, GROUND + 10.0);
    let mut dice = Dice::new(7);
    let soil = EARTH.mix(Colour(0xd9_b48c), 0.3);
    let top = Path::from((0.0, GROUND + 3.0))
        .cubic(
            (90.0, GROUND - 8.0),
            (150.0, GROUND + 2.0),
            (210.0, GROUND - 3.0),
        )
        .cubic(
            (280.0, GROUND - 7.0),
            (330.0, GROUND + 6.0),
            (400.0, GROUND - 1.0),
        )
        .line((400.0, 400.0))
        .line((0.0, 400.0))
        .close();
    d.flat(&top, soil);
    let deep = Path::from((0.0, 352.0))
        .cubic((120.0, 340.0), (250.0, 366.0), (400.0, 346.0))
        .line((400.0, 400.0))
        .line((0.0, 400.0))
        .close();
    d.flat(&deep, soil.shade());
    for index in 0..16 {
        let x = 18.0 + 25.0 * f64::from(index) + dice.throw(-8.0, 8.0);
        let y = dice.throw(GROUND + 16.0, 388.0);
        let size = dice.throw(2.5, 6.5);
        let stone = Path::ellipse((x, y), size * 1.4, size);
        let part = dice.throw(0.1, 0.4);
        d.flat(&stone, soil.mix(Colour(0xf0_dfc4), part));
    }
}

fn wall(d: &mut Drawing, tint: Tint, foot: f64) {
    d.flat(&block((0.0, 0.0), (400.0, foot)), tint.wall);
    let arch = Path::from((62.0, foot))
        .line((62.0, 176.0))
        .cubic((62.0, 82.0), (126.0, 30.0), (200.0, 30.0))
        .cubic((274.0, 30.0), (338.0, 82.0), (338.0, 176.0))
        .line((338.0, foot))
        .close();
    d.flat(&arch, tint.arch);
}

fn block((x, y): Point, (width, height): Point) -> Path {
    Path::polygon(&[
        (x, y),
        (x + width, y),
        (x + width, y + height),
        (x, y + height),
    ])
}
